// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geo_relations.h"

#include <fmt/format.h>
#include <geos_c.h>

#include <mutex>
#include <string>

namespace horad::model::geo {
namespace {

/// The GEOS calls of one thread, and what they made.
class Context {
 public:
  Context() : handle_(GEOS_init_r()) {}
  ~Context() { GEOS_finish_r(handle_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  GEOSContextHandle_t get() const noexcept { return handle_; }

 private:
  GEOSContextHandle_t handle_;
};

struct Free {
  GEOSContextHandle_t handle;
  void operator()(GEOSGeometry* g) const noexcept { GEOSGeom_destroy_r(handle, g); }
  void operator()(const GEOSPreparedGeometry* g) const noexcept { GEOSPreparedGeom_destroy_r(handle, g); }
};
using Owned = std::unique_ptr<GEOSGeometry, Free>;
using Prepared = std::unique_ptr<const GEOSPreparedGeometry, Free>;

class Builder {
 public:
  explicit Builder(GEOSContextHandle_t handle) noexcept : handle_(handle) {}

  /// Null when GEOS refuses. An area whose rings cross becomes what is within an odd number of them, as everywhere in
  /// this room; null when nothing is.
  Owned build(const Geometry& g) const {
    auto built = build_as_given(g);
    if (!built || !g.has_area() || GEOSisValid_r(handle_, built.get()) == 1) return built;
    return areas_of(own(GEOSMakeValid_r(handle_, built.get())));
  }

 private:
  static bool is_area(int type) noexcept { return type == GEOS_POLYGON || type == GEOS_MULTIPOLYGON; }

  /// Without the lines and points that are left of rings without extent.
  Owned areas_of(Owned made) const {
    if (!made || is_area(GEOSGeomTypeId_r(handle_, made.get()))) return made;
    std::vector<GEOSGeometry*> areas;
    for (int i = 0; i < GEOSGetNumGeometries_r(handle_, made.get()); ++i) {
      const GEOSGeometry* part = GEOSGetGeometryN_r(handle_, made.get(), i);
      if (is_area(GEOSGeomTypeId_r(handle_, part))) areas.push_back(GEOSGeom_clone_r(handle_, part));
    }
    if (areas.empty()) return own(nullptr);
    const Owned all = own(GEOSGeom_createCollection_r(handle_, GEOS_GEOMETRYCOLLECTION, areas.data(),
                                                      static_cast<unsigned>(areas.size())));
    return own(all ? GEOSUnaryUnion_r(handle_, all.get()) : nullptr);
  }

  Owned build_as_given(const Geometry& g) const {
    switch (g.type) {
      case GeometryType::kPoint:
        return own(GEOSGeom_createPoint_r(handle_, sequence(g.points)));
      case GeometryType::kMultiPoint:
        return collect(GEOS_MULTIPOINT, g.points.size(),
                       [&](std::size_t i) { return GEOSGeom_createPoint_r(handle_, sequence({&g.points[i], 1})); });
      case GeometryType::kLineString:
        return own(GEOSGeom_createLineString_r(handle_, sequence(g.part(0))));
      case GeometryType::kMultiLineString:
        return collect(GEOS_MULTILINESTRING, g.part_count(),
                       [&](std::size_t i) { return GEOSGeom_createLineString_r(handle_, sequence(g.part(i))); });
      case GeometryType::kPolygon:
        return own(polygon(g, 0));
      case GeometryType::kMultiPolygon:
        return collect(GEOS_MULTIPOLYGON, g.polygons.size(), [&](std::size_t i) { return polygon(g, i); });
    }
    return own(nullptr);
  }

  Owned own(GEOSGeometry* g) const { return Owned(g, Free{handle_}); }

  GEOSCoordSequence* sequence(std::span<const LngLat> points) const {
    static_assert(sizeof(LngLat) == 2 * sizeof(double));
    return GEOSCoordSeq_copyFromBuffer_r(handle_, &points.front().lng, static_cast<unsigned>(points.size()), 0, 0);
  }
  GEOSGeometry* polygon(const Geometry& g, std::size_t index) const {
    const std::size_t first = index == 0 ? 0 : g.polygons[index - 1];
    std::vector<GEOSGeometry*> rings;
    for (std::size_t i = first; i < g.polygons[index]; ++i)
      rings.push_back(GEOSGeom_createLinearRing_r(handle_, sequence(g.part(i))));
    return GEOSGeom_createPolygon_r(handle_, rings.front(), rings.data() + 1, static_cast<unsigned>(rings.size() - 1));
  }
  template <class Make>
  Owned collect(int type, std::size_t count, Make make) const {
    std::vector<GEOSGeometry*> members;
    for (std::size_t i = 0; i < count; ++i) members.push_back(make(i));
    return own(GEOSGeom_createCollection_r(handle_, type, members.data(), static_cast<unsigned>(count)));
  }

  GEOSContextHandle_t handle_;
};

/// One thread's copy of the geometry.
struct Copy {
  explicit Copy(const Geometry& geometry)
      : builder(context.get()), plain(builder.build(geometry)), prepared(prepare(), Free{context.get()}) {}
  const GEOSPreparedGeometry* prepare() const { return plain ? GEOSPrepare_r(context.get(), plain.get()) : nullptr; }

  Context context;  // outlives what it made
  Builder builder;
  Owned plain;
  Prepared prepared;
};

char ask(const Copy& copy, PlaneRelation relation, const GEOSGeometry* other) {
  const auto handle = copy.context.get();
  const auto* self = copy.prepared.get();
  switch (relation) {  // GEOS asks from our side: the other is within us when we contain it
    case PlaneRelation::kWithin:
      return GEOSPreparedContains_r(handle, self, other);
    case PlaneRelation::kContains:
      return GEOSPreparedWithin_r(handle, self, other);
    case PlaneRelation::kIntersects:
      return GEOSPreparedIntersects_r(handle, self, other);
    case PlaneRelation::kEquals:
      return GEOSEquals_r(handle, copy.plain.get(), other);
    case PlaneRelation::kDisjoint:
      return GEOSPreparedDisjoint_r(handle, self, other);
    case PlaneRelation::kOverlaps:
      return GEOSPreparedOverlaps_r(handle, self, other);
  }
  return 0;
}

}  // namespace

struct Comparand::State {
  Geometry geometry;
  std::mutex mutex;
  std::vector<std::unique_ptr<Copy>> idle;  // guarded by `mutex`

  std::unique_ptr<Copy> take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        auto copy = std::move(idle.back());
        idle.pop_back();
        return copy;
      }
    }
    return std::make_unique<Copy>(geometry);
  }
  void give_back(std::unique_ptr<Copy> copy) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(copy));
  }
};

Comparand::Comparand(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Comparand::~Comparand() = default;

Result<std::unique_ptr<Comparand>> Comparand::make(const Geometry& geometry) {
  auto state = std::make_unique<State>();
  state->geometry = geometry;
  auto copy = std::make_unique<Copy>(geometry);
  if (!copy->plain || !copy->prepared)
    return fail(ErrorCode::kBadRequestData, "The geometry has no extent or cannot be built.", "coordinates");
  const auto handle = copy->context.get();
  if (GEOSisValid_r(handle, copy->plain.get()) != 1) {
    char* reason = GEOSisValidReason_r(handle, copy->plain.get());
    std::string detail = fmt::format("The geometry has no extent: {}.", reason == nullptr ? "no reason known" : reason);
    GEOSFree_r(handle, reason);
    return fail(ErrorCode::kBadRequestData, std::move(detail), "coordinates");
  }
  state->give_back(std::move(copy));
  return std::unique_ptr<Comparand>(new Comparand(std::move(state)));
}

bool Comparand::holds(PlaneRelation relation, const Geometry& other) const {
  auto copy = state_->take();
  bool answer = false;
  if (const Owned built = copy->builder.build(other)) answer = ask(*copy, relation, built.get()) == 1;
  state_->give_back(std::move(copy));
  return answer;
}

}  // namespace horad::model::geo

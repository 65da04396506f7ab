// SPDX-License-Identifier: Apache-2.0
// Context source registrations as data (ETSI GS CIM 009, 5.2.8 to 5.2.10, 5.2.22, 5.2.34, 4.20 and 5.9): what is
// stored, what is compiled from it for every operation to look at, and what is shown.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/broker/subscription.h"
#include "horad/model/document.h"
#include "horad/model/names.h"
#include "horad/model/query.h"

namespace horad::broker {

enum class Mode : std::uint8_t { kInclusive, kExclusive, kRedirect, kAuxiliary };

/// The operations a source may be asked for (4.20).
enum class SourceOp : std::uint8_t {
  kCreateEntity,
  kUpdateEntity,
  kAppendAttrs,
  kUpdateAttrs,
  kDeleteAttrs,
  kDeleteEntity,
  kMergeEntity,
  kReplaceEntity,
  kReplaceAttrs,
  kPurgeEntity,
  kCreateBatch,
  kUpsertBatch,
  kUpdateBatch,
  kDeleteBatch,
  kMergeBatch,
  kUpsertTemporal,
  kAppendAttrsTemporal,
  kDeleteAttrsTemporal,
  kUpdateAttrInstanceTemporal,
  kDeleteAttrInstanceTemporal,
  kDeleteTemporal,
  kRetrieveEntity,
  kQueryEntity,
  kQueryBatch,
  kRetrieveTemporal,
  kQueryTemporal,
  kRetrieveEntityTypes,
  kRetrieveEntityTypeDetails,
  kRetrieveEntityTypeInfo,
  kRetrieveAttrTypes,
  kRetrieveAttrTypeDetails,
  kRetrieveAttrTypeInfo,
  kCreateSubscription,
  kUpdateSubscription,
  kRetrieveSubscription,
  kQuerySubscription,
  kDeleteSubscription,
  kQueryEntityMap,
  kUpdateEntityMap,
  kDeleteEntityMap,
  kCreateSnapshot,
  kRetrieveSnapshot,
  kUpdateSnapshot,
  kDeleteSnapshot,
};

/// A set of operations.
class SourceOps {
 public:
  constexpr bool has(SourceOp op) const noexcept { return (bits_ >> static_cast<unsigned>(op) & 1) != 0; }
  constexpr void add(SourceOp op) noexcept { bits_ |= std::uint64_t{1} << static_cast<unsigned>(op); }
  constexpr void add(SourceOps other) noexcept { bits_ |= other.bits_; }
  constexpr bool within(SourceOps other) const noexcept { return (bits_ & ~other.bits_) == 0; }
  constexpr bool meets(SourceOps other) const noexcept { return (bits_ & other.bits_) != 0; }
  static constexpr SourceOps of(std::initializer_list<SourceOp> list) noexcept {
    SourceOps out;
    for (const auto op : list) out.add(op);
    return out;
  }
  /// The operations that a name stands for: one, or a group such as "federationOps"; none for an unknown name.
  static std::optional<SourceOps> named(std::string_view name) noexcept;

 private:
  std::uint64_t bits_ = 0;
};

/// Which entities (5.2.8): of one of these types, with this id or an id of this pattern, or any id.
struct EntityInfo {
  std::vector<model::NameId> types;  // sorted; any of them
  std::string id;                    // empty: not by id
  std::shared_ptr<const model::IdPattern> pattern;
  std::string pattern_text;  // of `pattern`
};

/// One RegistrationInfo (5.2.10).
struct Offer {
  std::vector<EntityInfo> entities;       // empty: entities of any kind
  std::vector<model::NameId> attributes;  // sorted; empty: all
};

struct Interval {
  Timestamp start{};
  std::optional<Timestamp> end;  // none: still going on
};

/// How asking a source goes: shared by all versions of one registration, written by who asks. Any thread.
struct SourceHealth {
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::int64_t> last_success{0};  // nanoseconds since 1970; 0: never
  std::atomic<std::int64_t> last_failure{0};  // the same
  std::atomic<std::int64_t> not_before{0};    // steady time: left alone until then (management.cooldown)
};

/// Compiled, immutable, shared by all who look at it.
struct Registration {
  std::string id;
  std::vector<Offer> offers;
  Mode mode = Mode::kInclusive;
  SourceOps operations;
  std::string endpoint;  // what stands before /ngsi-ld/v1, without a slash at the end
  std::string tenant;    // in the source; empty: its default one
  std::string alias;     // contextSourceAlias; empty: unknown
  std::optional<Timestamp> expires_at;
  bool local_only = false;
  Duration timeout = std::chrono::seconds(5);
  Duration cooldown{};                                       // at least so long no request after one that failed
  std::vector<std::pair<std::string, std::string>> headers;  // of contextSourceInfo; "urn:ngsi-ld:request" copies
  std::string jsonld_context;                                // URL; empty: the context of the request
  std::string accept;                                        // media type; empty: application/json
  std::string content_type;                                  // the same, of bodies that are sent
  std::optional<Interval> observation;
  std::optional<Interval> management;
  model::Document properties;  // all its members as an entity, for csf, q, geo and scope queries
  Definition definition;       // as stored
  Timestamp version{};         // when it was stored: a newer one wins
  std::shared_ptr<SourceHealth> health;

  bool expired(Timestamp now) const noexcept { return expires_at && *expires_at <= now; }
};

/// Reads the body of a creation; members the specification does not know are properties of the source, their names
/// expanded. `fallback_id` is taken when the body has no id.
///   errors   kInvalidRequest, kBadRequestData (also expiresAt in the past), kTooLarge
Result<Definition> define_registration(std::string_view body, std::string_view fallback_id, model::Context& context,
                                       model::Names& names, Timestamp now);

/// The definition after a PATCH: members given replace, members that are null go.   errors   as define_registration
Result<Definition> patch_registration(const Definition& before, std::string_view body, model::Context& context,
                                      model::Names& names, Timestamp now);

/// Checks a definition whole and compiles it. No context is needed: names are expanded already.
Result<Registration> compile_registration(const Definition& definition, model::Context& core, model::Names& names);

/// The registration as it is shown: names compacted by `context`, without @context.
json::object show_registration(const Registration& registration, const model::Context& context, bool sys_attrs);

}  // namespace horad::broker

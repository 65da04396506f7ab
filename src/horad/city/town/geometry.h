// SPDX-License-Identifier: Apache-2.0
// Plane geometry of the generator. Everything is in metres east (x) and north (y) of the town's origin; only osm_xml
// and the devices turn it into degrees.
#pragma once

#include <cmath>
#include <optional>
#include <span>
#include <vector>

namespace horad::city::town {

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};
constexpr Point operator+(Point a, Point b) noexcept { return {a.x + b.x, a.y + b.y}; }
constexpr Point operator-(Point a, Point b) noexcept { return {a.x - b.x, a.y - b.y}; }
constexpr Point operator*(Point a, double k) noexcept { return {a.x * k, a.y * k}; }
constexpr double dot(Point a, Point b) noexcept { return a.x * b.x + a.y * b.y; }
constexpr double cross(Point a, Point b) noexcept { return a.x * b.y - a.y * b.x; }
constexpr Point left_of(Point direction) noexcept {
  return {-direction.y, direction.x};
}  // quarter turn counter-clockwise
inline double length(Point a) noexcept { return std::sqrt(dot(a, a)); }
inline double distance(Point a, Point b) noexcept { return length(b - a); }
inline Point unit(Point a) noexcept { return a * (1.0 / std::fmax(length(a), 1e-9)); }
constexpr Point mid(Point a, Point b) noexcept { return {(a.x + b.x) / 2, (a.y + b.y) / 2}; }

using Polyline = std::vector<Point>;
using Ring = std::vector<Point>;  // closed, last point not repeated; counter-clockwise unless said otherwise

/// A place on a line and the way the line runs there (a unit vector).
struct Placed {
  Point at;
  Point direction;
};

/// A rectangle lying at any angle. `axis` is a unit vector along the long side.
struct Box {
  Point centre;
  Point axis;
  double half_length = 0;
  double half_width = 0;
};

double signed_area(std::span<const Point> ring) noexcept;  // positive when counter-clockwise; square metres
Point centroid(std::span<const Point> ring) noexcept;
bool contains(std::span<const Point> ring, Point p) noexcept;  // even-odd; the border is either
double distance_to_segment(Point p, Point a, Point b) noexcept;
double distance_to_line(Point p, std::span<const Point> line) noexcept;    // open polyline
double distance_to_border(Point p, std::span<const Point> ring) noexcept;  // closed
/// Where segments ab and cd cross, ends included; none when parallel.
std::optional<Point> crossing(Point a, Point b, Point c, Point d) noexcept;

double length_of(std::span<const Point> line) noexcept;
/// The place `at` metres along the line, clamped to its ends. The line has at least two points.
Placed along(std::span<const Point> line, double at) noexcept;
/// How far along the line its point nearest to `p` lies.
double project(std::span<const Point> line, Point p) noexcept;

/// A Catmull-Rom curve through all controls, with a point about every `step` metres; controls are among the points.
Polyline smooth(std::span<const Point> controls, double step);
/// The same, closed: the last control joins the first, which is not repeated.
Ring smooth_closed(std::span<const Point> controls, double step);
/// The curve's point at parameter `t`: integers are controls, [0, size - 1]; direction is the tangent.
Placed on_curve(std::span<const Point> controls, double t) noexcept;

Ring corners(const Box& box);                                   // counter-clockwise
bool overlap(const Box& a, const Box& b, double gap) noexcept;  // true when nearer than `gap` along a separating axis
/// The smallest box around the ring among those parallel to one of its sides. Cost O(n^2).
Box tight_box(std::span<const Point> ring) noexcept;

/// Moves side i of a counter-clockwise ring inward by `by[i]` metres. Falls back to shrinking towards the centroid when
/// the ring is too narrow or too crooked for that.
Ring inset(std::span<const Point> ring, std::span<const double> by);

/// A blob: an ellipse of the given half axes turned by `angle`, its radius shaken by `roughness` (0 to 1) with a few
/// waves that depend on `seed`. Counter-clockwise, a point about every `step` metres.
struct Blob {
  Point centre;
  double half_x = 0;
  double half_y = 0;
  double angle = 0;
  double roughness = 0;
  double step = 20;
};
Ring draw(const Blob& blob, unsigned long long seed);

}  // namespace horad::city::town

// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/geometry.h"

#include <algorithm>
#include <array>
#include <numbers>

#include "horad/city/town/dice.h"

namespace horad::city::town {
namespace {

Point catmull(Point a, Point b, Point c, Point d, double t) noexcept {
  const double t2 = t * t;
  const double t3 = t2 * t;
  return (b * 2.0 + (c - a) * t + (a * 2.0 - b * 5.0 + c * 4.0 - d) * t2 + (b * 3.0 - a - c * 3.0 + d) * t3) * 0.5;
}

Point control(std::span<const Point> controls, long i) noexcept {
  const long n = static_cast<long>(controls.size());
  if (i < 0) return controls[0] * 2.0 - controls[1];
  if (i >= n) return controls[static_cast<std::size_t>(n - 1)] * 2.0 - controls[static_cast<std::size_t>(n - 2)];
  return controls[static_cast<std::size_t>(i)];
}

void append_span(Polyline& out, Point a, Point b, Point c, Point d, double step) {
  const int pieces = std::max(1, static_cast<int>(std::lround(distance(b, c) / step)));
  for (int k = 0; k < pieces; ++k) out.push_back(catmull(a, b, c, d, static_cast<double>(k) / pieces));
}

struct Range {
  double low;
  double high;
};
Range shadow(const Box& box, Point axis) noexcept {
  const double middle = dot(box.centre, axis);
  const double reach =
      std::abs(dot(box.axis, axis)) * box.half_length + std::abs(cross(box.axis, axis)) * box.half_width;
  return {middle - reach, middle + reach};
}

}  // namespace

double signed_area(std::span<const Point> ring) noexcept {
  double twice = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) twice += cross(ring[i], ring[(i + 1) % ring.size()]);
  return twice / 2;
}

Point centroid(std::span<const Point> ring) noexcept {
  const double area = signed_area(ring);
  if (std::abs(area) < 1e-6) return ring.empty() ? Point{} : ring[0];
  const Point base = ring[0];  // near the ring, so that little is lost to rounding
  Point sum;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Point a = ring[i] - base;
    const Point b = ring[(i + 1) % ring.size()] - base;
    sum = sum + (a + b) * cross(a, b);
  }
  return base + sum * (1.0 / (6.0 * area));
}

bool contains(std::span<const Point> ring, Point p) noexcept {
  bool inside = false;
  for (std::size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const Point a = ring[i];
    const Point b = ring[j];
    if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}

double distance_to_segment(Point p, Point a, Point b) noexcept {
  const Point d = b - a;
  const double t = std::clamp(dot(p - a, d) / std::max(dot(d, d), 1e-12), 0.0, 1.0);
  return distance(p, a + d * t);
}

double distance_to_line(Point p, std::span<const Point> line) noexcept {
  double best = line.size() == 1 ? distance(p, line[0]) : 1e18;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) best = std::min(best, distance_to_segment(p, line[i], line[i + 1]));
  return best;
}

double distance_to_border(Point p, std::span<const Point> ring) noexcept {
  return std::min(distance_to_line(p, ring), distance_to_segment(p, ring.back(), ring.front()));
}

std::optional<Point> crossing(Point a, Point b, Point c, Point d) noexcept {
  const Point r = b - a;
  const Point s = d - c;
  const double turn = cross(r, s);
  if (std::abs(turn) < 1e-9) return std::nullopt;
  const double t = cross(c - a, s) / turn;
  const double u = cross(c - a, r) / turn;
  if (t < 0 || t > 1 || u < 0 || u > 1) return std::nullopt;
  return a + r * t;
}

double length_of(std::span<const Point> line) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) sum += distance(line[i], line[i + 1]);
  return sum;
}

Placed along(std::span<const Point> line, double at) noexcept {
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const double piece = distance(line[i], line[i + 1]);
    if ((at <= piece || i + 2 == line.size()) && piece > 0) {
      const Point direction = unit(line[i + 1] - line[i]);
      return {line[i] + direction * std::clamp(at, 0.0, piece), direction};
    }
    at -= piece;
  }
  return {line.back(), {1, 0}};
}

double project(std::span<const Point> line, Point p) noexcept {
  double best = 1e18;
  double answer = 0;
  double before = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const Point d = line[i + 1] - line[i];
    const double t = std::clamp(dot(p - line[i], d) / std::max(dot(d, d), 1e-12), 0.0, 1.0);
    const double away = distance(p, line[i] + d * t);
    if (away < best) {
      best = away;
      answer = before + length(d) * t;
    }
    before += length(d);
  }
  return answer;
}

Polyline smooth(std::span<const Point> controls, double step) {
  Polyline out;
  for (long i = 0; i + 1 < static_cast<long>(controls.size()); ++i) {
    append_span(out, control(controls, i - 1), control(controls, i), control(controls, i + 1), control(controls, i + 2),
                step);
  }
  out.push_back(controls.back());
  return out;
}

Ring smooth_closed(std::span<const Point> controls, double step) {
  Ring out;
  const std::size_t n = controls.size();
  for (std::size_t i = 0; i < n; ++i) {
    append_span(out, controls[(i + n - 1) % n], controls[i], controls[(i + 1) % n], controls[(i + 2) % n], step);
  }
  return out;
}

Placed on_curve(std::span<const Point> controls, double t) noexcept {
  const long last = static_cast<long>(controls.size()) - 2;
  const long i = std::clamp(static_cast<long>(std::floor(t)), 0L, last);
  const double f = t - static_cast<double>(i);
  const Point a = control(controls, i - 1);
  const Point b = control(controls, i);
  const Point c = control(controls, i + 1);
  const Point d = control(controls, i + 2);
  const double h = 1e-3;
  return {catmull(a, b, c, d, f), unit(catmull(a, b, c, d, f + h) - catmull(a, b, c, d, f - h))};
}

Ring corners(const Box& box) {
  const Point u = box.axis * box.half_length;
  const Point v = left_of(box.axis) * box.half_width;
  return {box.centre - u - v, box.centre + u - v, box.centre + u + v, box.centre - u + v};
}

bool overlap(const Box& a, const Box& b, double gap) noexcept {
  if (distance(a.centre, b.centre) > a.half_length + a.half_width + b.half_length + b.half_width + gap) return false;
  for (const Point axis : std::array{a.axis, left_of(a.axis), b.axis, left_of(b.axis)}) {
    const Range s = shadow(a, axis);
    const Range t = shadow(b, axis);
    if (s.high + gap <= t.low || t.high + gap <= s.low) return false;
  }
  return true;
}

Box tight_box(std::span<const Point> ring) noexcept {
  Box best;
  double least = 1e18;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Point u = unit(ring[(i + 1) % ring.size()] - ring[i]);
    const Point v = left_of(u);
    double u0 = 1e18, u1 = -1e18, v0 = 1e18, v1 = -1e18;
    for (const Point p : ring) {
      u0 = std::min(u0, dot(p, u)), u1 = std::max(u1, dot(p, u));
      v0 = std::min(v0, dot(p, v)), v1 = std::max(v1, dot(p, v));
    }
    if ((u1 - u0) * (v1 - v0) >= least) continue;
    least = (u1 - u0) * (v1 - v0);
    best = {u * ((u0 + u1) / 2) + v * ((v0 + v1) / 2), u, (u1 - u0) / 2, (v1 - v0) / 2};
    if (best.half_width > best.half_length) best = {best.centre, v, best.half_width, best.half_length};
  }
  return best;
}

Ring inset(std::span<const Point> ring, std::span<const double> by) {
  const std::size_t n = ring.size();
  const double whole = signed_area(ring);
  Ring out;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t before = (i + n - 1) % n;
    const Point u = unit(ring[i] - ring[before]);
    const Point v = unit(ring[(i + 1) % n] - ring[i]);
    const Point a = ring[i] + left_of(u) * by[before];
    const Point b = ring[i] + left_of(v) * by[i];
    const double turn = cross(u, v);
    const Point p = std::abs(turn) < 0.2 ? mid(a, b) : a + u * (cross(b - a, v) / turn);
    if (contains(ring, p)) out.push_back(p);
  }
  const double left = out.size() > 2 ? signed_area(out) : 0;
  bool sound = out.size() == n && left > 0.25 * whole;
  for (std::size_t i = 0; sound && i < n; ++i) sound = dot(out[(i + 1) % n] - out[i], ring[(i + 1) % n] - ring[i]) > 0;
  if (sound) return out;
  const Point c = centroid(ring);
  out.assign(ring.begin(), ring.end());
  for (Point& p : out) p = c + (p - c) * 0.82;
  return out;
}

Ring draw(const Blob& blob, unsigned long long seed) {
  Dice dice(seed);
  std::array<double, 4> phase{};
  for (double& p : phase) p = dice.between(0.0, 2 * std::numbers::pi);
  const double around = std::numbers::pi * (blob.half_x + blob.half_y);
  const int count = std::max(12, static_cast<int>(around / blob.step));
  const Point axis{std::cos(blob.angle), std::sin(blob.angle)};
  Ring out;
  for (int i = 0; i < count; ++i) {
    const double a = 2 * std::numbers::pi * i / count;
    double wave = 0;
    for (std::size_t k = 0; k < phase.size(); ++k) {
      wave += std::sin(static_cast<double>(k + 2) * a + phase[k]) / static_cast<double>(k + 2);
    }
    const double r = 1 + blob.roughness * wave;
    out.push_back(blob.centre + axis * (std::cos(a) * r * blob.half_x) +
                  left_of(axis) * (std::sin(a) * r * blob.half_y));
  }
  return out;
}

}  // namespace horad::city::town

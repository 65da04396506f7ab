// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

namespace horad::base {

/// A value that is seldom there: one pointer when it is not. Copying and comparing go into what it holds.
template <class T>
class Boxed {
 public:
  Boxed() noexcept = default;
  Boxed(T value) : held_(std::make_unique<T>(std::move(value))) {}  // NOLINT(google-explicit-constructor): a T is one
  Boxed(const Boxed& other) : held_(other.held_ ? std::make_unique<T>(*other.held_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) { return *this = Boxed(other); }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  explicit operator bool() const noexcept { return held_ != nullptr; }
  const T& operator*() const noexcept { return *held_; }  // not when empty
  const T* operator->() const noexcept { return held_.get(); }
  /// What it holds, made when there is nothing.
  T& make() {
    if (!held_) held_ = std::make_unique<T>();
    return *held_;
  }
  void reset() noexcept { held_.reset(); }

  friend bool operator==(const Boxed& a, const Boxed& b) {
    return a.held_ && b.held_ ? *a.held_ == *b.held_ : a.held_ == b.held_;
  }

 private:
  std::unique_ptr<T> held_;
};

}  // namespace horad::base

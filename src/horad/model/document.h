// SPDX-License-Identifier: Apache-2.0
// The compact form of an entity: one immutable run of bytes, shared by counting, read in place. Layout:
// docs/formats/document.md.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "horad/model/entity.h"

namespace horad::model {

enum class ValueType : std::uint8_t { kBool, kInteger, kDouble, kString, kJson, kPoint };

/// A value read in place. The bytes belong to the document.
class ValueView {
 public:
  ValueType type() const noexcept;
  bool as_bool() const noexcept;             // kBool
  std::int64_t as_integer() const noexcept;  // kInteger
  double as_number() const noexcept;         // kInteger, kDouble
  bool is_number() const noexcept;
  std::string_view as_text() const noexcept;  // kString: the text; kJson: minified JSON
  double lng() const noexcept;                // kPoint: a GeoJSON Point of two numbers that read back exactly
  double lat() const noexcept;
  Value to_value() const;
  void append_json(std::string& out) const;  // as it came in

 private:
  friend class AttributeView;
  const char* at_ = nullptr;
};

class AttributeRange;

class AttributeView {
 public:
  NameId name() const noexcept;
  AttributeKind kind() const noexcept;
  ValueView value() const noexcept;
  std::string_view dataset_id() const noexcept;
  std::string_view unit_code() const noexcept;
  std::optional<Timestamp> observed_at() const noexcept;
  Timestamp created_at() const noexcept;
  Timestamp modified_at() const noexcept;
  std::optional<NameId> object_type() const noexcept;
  bool has_extras() const noexcept;
  AttributeExtras extras() const;  // nothing is set in it when there are none
  Timestamp expires_at() const;    // kNoExpiry when it does not
  AttributeRange sub_attributes() const noexcept;
  Attribute to_attribute() const;
  std::string_view encoded() const noexcept;  // the bytes of this attribute; names in them are local to the document

 private:
  friend class AttributeRange;
  friend class DocumentView;
  const char* document_ = nullptr;  // start of the document: its name table
  const char* at_ = nullptr;
};

/// Attributes one after another; forward only.
class AttributeRange {
 public:
  class Iterator {
   public:
    using value_type = AttributeView;
    using difference_type = std::ptrdiff_t;
    AttributeView operator*() const noexcept { return view_; }
    Iterator& operator++() noexcept;
    Iterator operator++(int) noexcept {
      auto old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.left_ == b.left_; }

   private:
    friend class AttributeRange;
    AttributeView view_;
    std::size_t left_ = 0;
  };
  Iterator begin() const noexcept;
  Iterator end() const noexcept;
  bool empty() const noexcept;

 private:
  friend class AttributeView;
  friend class DocumentView;
  AttributeView first_;
  std::size_t count_ = 0;
};

/// Reads a document in place. Cheap to copy; the bytes must outlive it and must be a whole valid document: what
/// encode(), apply_encoded() or from_disk_form() made.
class DocumentView {
 public:
  explicit DocumentView(std::string_view bytes) noexcept : bytes_(bytes) {}
  std::string_view bytes() const noexcept { return bytes_; }
  std::string_view id() const noexcept;
  std::size_t type_count() const noexcept;
  NameId type(std::size_t i) const noexcept;
  bool has_type(NameId type) const noexcept;
  std::vector<std::string_view> scopes() const;
  Timestamp created_at() const noexcept;
  Timestamp modified_at() const noexcept;
  /// True when something in it expires, now or later. Cost: one byte.
  bool transient() const noexcept;
  Timestamp expires_at() const noexcept;      // of the entity; kNoExpiry when it does not
  Timestamp soonest_expiry() const noexcept;  // of anything in it: the entity, an attribute, a sub-attribute
  AttributeRange attributes() const noexcept;
  /// The instance of `name` with this dataset id ("" = default instance).
  std::optional<AttributeView> find(NameId name, std::string_view dataset_id = {}) const noexcept;
  Entity to_entity() const;

 private:
  std::string_view bytes_;
};

/// Writes the compact form. The result may be shared between threads.
std::string encode(const Entity& entity);

/// For disk: the same bytes with the names as text. from_disk() checks every length and is safe on damaged bytes.
///   errors   kDamaged; kOverloaded when the name table is full
void append_disk_form(std::string& out, DocumentView document, const Names& names);
Result<std::string> from_disk_form(std::string_view bytes, Names& names);

/// One attribute in the same two forms, for log records and history.
void append_disk_form(std::string& out, const Attribute& attribute, const Names& names);
Result<Attribute> attribute_from_disk_form(std::string_view bytes, Names& names);

/// An immutable document shared by counting: one allocation of bytes plus a counter. Any thread.
class Document {
 public:
  Document() noexcept = default;
  explicit Document(std::string_view bytes);
  Document(const Document& other) noexcept;
  Document(Document&& other) noexcept;
  Document& operator=(Document other) noexcept;
  ~Document();
  explicit operator bool() const noexcept { return block_ != nullptr; }
  DocumentView view() const noexcept;   // not on an empty one
  std::size_t memory() const noexcept;  // bytes held by this block, counter included

 private:
  struct Block;
  Block* block_ = nullptr;
};

}  // namespace horad::model

// The one list of fields per object, and the facts of its table. Decoding, the tables, the upserts,
// the differences, the feed of changes, `verify` and the `schema` command are made from it: a new
// attribute of the server is one line here.
//
// Everything in this header is constant data; any thread may read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nexus_mirror::objects {

// How a value travels and how it is stored. Each kind is one type in SQL (sql_type()).
enum class FieldKind : std::uint8_t {
  text,         // string
  integer,      // whole number, also when sent as 3.0
  real,         // any number
  number,       // whole or not, stored as it came
  boolean,      // stored 0 or 1
  time,         // UNIX milliseconds
  enumeration,  // string, stored in the spelling of Field::values when it is one of them
  json,         // list or object as JSON text, keys in the spelling of NEXUS_API.md
  unordered,    // a list as JSON text whose order means nothing: sorted
  formats,      // as json; a list of names is stored as a list of {"format":name}
  user_json,    // any JSON as text; keys are the user's own and stay
  any,          // a scalar as it came, a list or object as JSON text
  link,         // signed URL: the part before its query is compared, and it is kept until it dies
  bound,        // any JSON as text, number for number; a list of points as a rule
  derived,      // REAL computed from other fields
  expiry,       // time at which a link dies; goes with the link
};

// Canonical spellings of one enumeration (NEXUS_API.md, "Objects on the wire").
using Enumeration = std::span<const std::string_view>;

struct Field {
  std::string_view column;
  FieldKind kind;
  // Where the value stands on the wire, in camelCase, dotted from the object's root; further
  // spellings of the same thing after blanks, in the order of preference. Every key is also
  // found in snake_case. Empty = not on the wire by itself.
  std::string_view paths;
  std::string_view meaning;
  Enumeration values = {};

  // Whether a value that is not NULL is always JSON text.
  constexpr bool json() const {
    return kind == FieldKind::json || kind == FieldKind::unordered || kind == FieldKind::formats ||
           kind == FieldKind::user_json || kind == FieldKind::bound;
  }
};

// A list inside an object that has a table of its own: its rows have no id, belong to the parent's
// row and change with it.
struct Table;
struct ChildList {
  const Table* table;                 // its column Table::parent_key holds the parent's id
  std::string_view key;               // the list's name in the changes table
  std::string_view paths;             // of the list, as in Field
  bool ordered;                       // the table has a `position` column
  std::string_view merge_paths = {};  // a second list whose items add columns by name
};

// How a table keeps its rows.
enum class Storage : std::uint8_t {
  rowid,    // by rowid, with a PRIMARY KEY of Table::key where no part of it may be NULL
  key,      // in its key (WITHOUT ROWID): lists of names, looked up by their parent alone
  counter,  // the key is a number that grows and is never given twice
  bulk,  // as rowid, with an index of its own in place of the PRIMARY KEY: the first rows of many
         // come without any index
};

// What `changes` tells of a table's rows.
enum class Logged : std::uint8_t {
  rows,         // each insert, update and delete
  with_parent,  // nothing by themselves: they stand in their parent's row
  never,
};

struct Table {
  std::string_view name;
  std::string_view meaning;
  std::span<const Field> fields;          // `extra` comes after them
  std::span<const std::string_view> key;  // columns that tell rows apart
  Storage storage = Storage::rowid;
  Logged logged = Logged::rows;
  // Whether its rows come in a listing per project. Then changes begin with a `load` row, written
  // when the first listing of a project has reached its end; what happens before it is in none.
  bool listed = true;
  bool has_extra = true;
  // Columns, by their part. Empty = the table has none such.
  std::string_view id = "id";               // the object's own id, one of a kind in its project
  std::string_view project = "project_id";  // the project that a row belongs to
  std::string_view nullable_key = {};       // the part of the key that may be NULL
  std::string_view link = {};               // signed; compared by what is before its query
  std::string_view link_expiry = {};        // when it dies; goes with the link
  // Columns whose change says that the annotations of the object may differ (quick syncs).
  std::span<const std::string_view> annotation_hints = {};
  bool answers_hints = false;     // a listing of it is what the hints ask for
  bool drawn = false;             // annotation files of images are made from it
  const Table* parent = nullptr;  // whose list this is
  std::string_view parent_key =
      {};  // holds the parent's id; ids are of a project, as in the parent
  // Tables whose rows go with a row of this one: their column of that name holds its id.
  struct Dependent {
    std::string_view table, key;
  };
  std::span<const Dependent> dependents = {};
  std::span<const ChildList> children = {};
  std::span<const std::string_view> ignored_paths = {};  // on the wire, stored elsewhere

  // Index of `column` in fields, or -1.
  int column(std::string_view column_name) const;
  // The place of `column` in a row, `extra` included; throws std::logic_error when there is none.
  std::size_t at(std::string_view column_name) const;
  [[noreturn]] void throw_absent(std::string_view what) const;  // "table assets has no ..."
  // Columns of a row, `extra` among them.
  std::size_t columns() const { return fields.size() + (has_extra ? 1 : 0); }
};

// "TEXT", "INTEGER", "REAL" or "ANY": a type of SQLite's STRICT tables.
std::string_view sql_type(FieldKind kind);

// The server's objects, lists inside them, and the mirror's own tables.
#define NEXUS_MIRROR_TABLE(name) extern const Table name;
#include "objects/tables.inc"

// All of the above in the order of CONTRACT.md 3.
std::span<const Table* const> all_tables();
// The table of that name; nullptr when there is none.
const Table* find_table(std::string_view name);

}  // namespace nexus_mirror::objects

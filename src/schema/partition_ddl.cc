#include "schema/partition_ddl.h"

#include <fmt/format.h>

#include "schema/partition_catalog.h"
#include "schema/partition_interval.h"

namespace bxb::schema {
namespace {

constexpr std::size_t kMaxNameBytes = 63;
constexpr int kNumberedNames = 99;

// Without INDEXES: ATTACH makes them, and knows them as the table's.
constexpr const char* kCreateSql = R"(CREATE TABLE {} (LIKE {}
  INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION
  INCLUDING COMMENTS INCLUDING STATISTICS){};
)";

// PARTITION OF would take the table's access method and tablespace; a CREATE TABLE of its own has to name them.
constexpr const char* kTemplateSql = R"(
  SELECT coalesce(' USING ' || quote_ident(m.amname), ''),
         (SELECT string_agg(o.prefix || quote_ident(split_part(o.text, '=', 1)) || ' = '
                            || quote_literal(substr(o.text, strpos(o.text, '=') + 1)), ', ')
            FROM (SELECT '' AS prefix, unnest(s.reloptions) AS text
                  UNION ALL SELECT 'toast.', unnest(t.reloptions)) o),
         coalesce(' TABLESPACE ' || quote_ident(p.spcname), ''),
         CASE WHEN pg_get_userbyid(c.relowner) = current_user THEN '' ELSE quote_ident(pg_get_userbyid(c.relowner)) END
    FROM pg_class c LEFT JOIN pg_class s ON s.oid = to_regclass({1}) LEFT JOIN pg_class t ON t.oid = s.reltoastrelid
         LEFT JOIN pg_am m ON m.oid = c.relam
         LEFT JOIN pg_tablespace p ON p.oid = coalesce(nullif(c.reltablespace, 0), s.reltablespace)
   WHERE c.oid = to_regclass({0}))";

// Row security does not pass on to partitions: a grant would open the rows that the table's policies hide.
constexpr const char* kGrantsSql = R"(
  SELECT string_agg(x.privilege, ', '), coalesce(quote_ident(r.rolname), 'PUBLIC'), x.is_grantable
    FROM (SELECT c.oid, a.privilege_type AS privilege, a.grantee, a.is_grantable
            FROM pg_class c CROSS JOIN aclexplode(c.relacl) a
          UNION ALL
          SELECT c.attrelid, format('%s (%I)', a.privilege_type, c.attname), a.grantee, a.is_grantable
            FROM pg_attribute c CROSS JOIN aclexplode(c.attacl) a WHERE NOT c.attisdropped) x
         JOIN pg_class c ON c.oid = x.oid LEFT JOIN pg_roles r ON r.oid = x.grantee
   WHERE c.oid = to_regclass({}) AND NOT c.relrowsecurity AND x.grantee <> c.relowner
   GROUP BY r.rolname, x.is_grantable)";

constexpr const char* kFreeNameSql = R"(
  SELECT format('%I.%I', n.nspname, k.name)
    FROM pg_namespace n CROSS JOIN unnest({1}) WITH ORDINALITY AS k (name, position)
   WHERE n.nspname = {0} AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = k.name AND c.relnamespace = n.oid)
     AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typname = k.name AND t.typnamespace = n.oid)
   ORDER BY k.position LIMIT 1)";

bool ContinuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::string Shortened(const std::string& name, std::size_t bytes) {
  if (name.size() <= bytes) return name;
  while (bytes > 0 && ContinuesCharacter(name[bytes])) --bytes;
  return name.substr(0, bytes);
}

// The name itself, then with a number.
std::vector<std::string> NameCandidates(const std::string& table, const std::string& suffix) {
  std::vector<std::string> names = {Shortened(table, kMaxNameBytes - suffix.size()) + suffix};
  for (int i = 1; i <= kNumberedNames; ++i) {
    const std::string numbered = fmt::format("{}_{}", suffix, i);
    names.push_back(Shortened(table, kMaxNameBytes - numbered.size()) + numbered);
  }
  return names;
}

std::string GrantDdl(const Grant& grant, const std::string& sql_name) {
  return fmt::format("GRANT {} ON TABLE {} TO {}{};\n", grant.privileges, sql_name, grant.grantee,
                     grant.with_option ? " WITH GRANT OPTION" : "");
}

}  // namespace

absl::StatusOr<PartitionTemplate> ReadPartitionTemplate(pq::Connection& connection, const Table& table,
                                                        const Partition* sibling, pq::Deadline deadline) {
  const std::string root = QuoteLiteral(table.sql_name);
  const std::string sibling_name = sibling == nullptr ? "NULL" : QuoteLiteral(sibling->sql_name);
  const auto found = connection.Query(fmt::format(kTemplateSql, root, sibling_name), deadline);
  if (!found.ok()) return found.status();
  if (found->empty()) return absl::NotFoundError(fmt::format("table {} does not exist any more", table.sql_name));
  const auto grants = connection.Query(fmt::format(kGrantsSql, root), deadline);
  if (!grants.ok()) return grants.status();

  const auto& row = found->front();
  const std::string parameters = row[1] ? fmt::format(" WITH ({})", *row[1]) : "";
  PartitionTemplate like = {.clauses = *row[0] + parameters + *row[2], .owner = *row[3], .grants = {}};
  for (const auto& grant : *grants) {
    like.grants.push_back({.privileges = *grant[0], .grantee = *grant[1], .with_option = grant[2] == "t"});
  }
  return like;
}

absl::StatusOr<std::string> FreePartitionName(pq::Connection& connection, const Table& table, const TimeRange& range,
                                              pq::Deadline deadline) {
  const std::vector<std::string> names = NameCandidates(table.name, NameSuffix(range));
  const auto found =
      connection.Query(fmt::format(kFreeNameSql, QuoteLiteral(table.schema_name), TextArraySql(names)), deadline);
  if (!found.ok()) return found.status();
  if (found->empty()) {
    return absl::AlreadyExistsError(fmt::format("{} and its numbered variants are names of something else", names[0]));
  }
  return *found->front()[0];
}

std::string PartitionDdl(const Table& table, const TimePartitioning& by, const PartitionTemplate& like,
                         const std::string& sql_name, const TimeRange& range) {
  std::string ddl = fmt::format(kCreateSql, sql_name, table.sql_name, like.clauses);
  if (!like.owner.empty()) ddl += fmt::format("ALTER TABLE {} OWNER TO {};\n", sql_name, like.owner);
  for (const Grant& grant : like.grants) ddl += GrantDdl(grant, sql_name);
  return ddl + fmt::format("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ('{}') TO ('{}')", table.sql_name,
                           sql_name, TimeText(range.from, by.with_zone), TimeText(range.to, by.with_zone));
}

}  // namespace bxb::schema

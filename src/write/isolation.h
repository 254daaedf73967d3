#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace bxb::write {

/// Finds the rows of a batch that the server refuses, and gets the others in: says which rows to commit next, and
/// learns from how that ended. It begins with the whole batch as one piece, and mostly that is all there is to it.
///
/// A refusal that names a line costs that row: the rows before it have passed, and wait to be sent together with
/// others that have; the rows behind it come next, no more of them at first than the distance between bad rows
/// suggests. A refusal without a line splits the piece, until a single row is left to blame. The parts are only tried
/// (sent and rolled back), which spares a commit each; what passes is sent together too. If that is refused again,
/// it is the rows' company that is bad, and parts are committed one by one. So every step settles a row, lets rows
/// pass or makes a piece smaller, and it ends. Thread-compatible.
class Isolation {
 public:
  explicit Isolation(std::vector<std::uint32_t> rows);

  /// The next piece, in sending order, to be followed by Stored, Passed or Refused. Empty: every row is settled.
  std::span<const std::uint32_t> Next();

  /// Whether the piece is to be rolled back if the server accepts it.
  bool OnlyTry() const { return pieces_.front().mode == Mode::kTry; }

  /// The piece has been committed.
  void Stored();

  /// The piece has been accepted, and rolled back.
  void Passed();

  /// The server has refused the piece and named a row of it (0: the first), or none. Returns the row to blame, if it
  /// is known now.
  std::optional<std::uint32_t> Refused(std::optional<std::size_t> index);

  /// Whether the piece is the batch as it came, of which nothing is known yet.
  bool IsWhole() const { return pieces_.front().mode == Mode::kWhole; }

  /// The piece's rows, to be put into another order.
  std::span<std::uint32_t> Reorder();

  /// Only these rows of the piece are left; the others are settled.
  void Narrow(std::vector<std::uint32_t> left);

  /// These rows of the piece, in its order, come last of all, and the others of it next.
  void Postpone(const std::vector<std::uint32_t>& later);

  /// Time is short: what has passed comes next.
  void Hurry();

  /// Gives up: the rows that are not settled.
  std::vector<std::uint32_t> TakeRest();

 private:
  using Rows = std::vector<std::uint32_t>;
  static constexpr std::size_t kUnlimited = ~std::size_t{0};

  enum class Mode : std::uint8_t {
    kWhole,     ///< the batch
    kLeft,      ///< what is left of it
    kTry,       ///< part of something refused
    kTogether,  ///< rows that have passed
    kPart,      ///< part of something that was refused although its rows had passed
  };

  struct Piece {
    Mode mode;
    Rows rows;
    std::size_t first = 0;  ///< those before it are settled, or have passed
  };

  std::span<const std::uint32_t> Current() const;
  void Advance(std::size_t rows);
  void Split();

  std::deque<Piece> pieces_;          ///< the first one is being worked on
  Rows passed_;                       ///< to be sent as one piece
  std::size_t longest_ = kUnlimited;  ///< of what is sent at once; less while bad rows are near
};

}  // namespace bxb::write

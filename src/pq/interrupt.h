#pragma once

namespace bxb::pq {

/// Ends waits early: once set, every Connection that watches it returns Cancelled from the call it is in
/// and from every later one. Set may be called from any thread, and more than once.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void Set();

  /// Readable, in the sense of poll(2), from the moment that it is set.
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace bxb::pq

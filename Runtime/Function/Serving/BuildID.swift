internal import Glibc

/// What tells one build of an executable from another, so that a reload can be proved.
enum BuildID {
    /// Sixteen hexadecimal digits over size, time of change and inode of the executable that runs. Replacing the file
    /// changes it, also while an old process still runs from the old file.
    static let current: String = {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return "unknown" }
        var hash = FNV1a()
        hash.combine(UInt64(status.st_size))
        hash.combine(UInt64(status.st_mtim.tv_sec))
        hash.combine(UInt64(status.st_mtim.tv_nsec))
        hash.combine(UInt64(status.st_ino))
        return hash.hexadecimal
    }()

    /// FNV-1a, 64 bits.
    private struct FNV1a {
        private var value: UInt64 = 0xcbf2_9ce4_8422_2325

        mutating func combine(_ word: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) {
                value = (value ^ (word >> UInt64(shift) & 0xFF)) &* 0x100_0000_01b3
            }
        }

        var hexadecimal: String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }
}

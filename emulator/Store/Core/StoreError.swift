import Glibc

/// What can go wrong beneath both dialects; a dialect words its own refusals itself.
package enum StoreError: Error, CustomStringConvertible {
    /// Another process has the folder open.
    case inUse(directory: String, by: String)
    /// A system call failed; `code` is its errno.
    case system(call: String, path: String, code: Int32)
    /// The folder holds something that this version cannot read.
    case unreadable(directory: String, reason: String)
    /// Content that metadata points to is gone or has the wrong size.
    case contentMissing(path: String)
    /// Something was to be put into a bucket that is not there.
    case noBucket(String)
    /// No address to listen on.
    case cannotListen(address: String, reason: String)

    package var description: String {
        switch self {
        case .inUse(let directory, let owner):
            "the object store in \(directory) is already in use by \(owner): stop that one, or name another folder"
        case .system(let call, let path, let code):
            "\(call) \(path): \(String(cString: strerror(code))) (errno \(code))"
        case .unreadable(let directory, let reason):
            "the object store in \(directory) cannot be read: \(reason). Move the folder away to start with an "
                + "empty one"
        case .contentMissing(let path):
            "the object's content is missing or incomplete on disk: \(path)"
        case .noBucket(let name): "there is no bucket \(name)"
        case .cannotListen(let address, let reason):
            "cannot listen on \(address): \(reason). Name another port, or 0 for any free one"
        }
    }

    /// Whether the disk or the quota is full.
    var isOutOfSpace: Bool {
        if case .system(_, _, let code) = self { code == ENOSPC || code == EDQUOT } else { false }
    }
}

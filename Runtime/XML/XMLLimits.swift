/// How much XML a reader is willing to hold.
package struct XMLLimits: Hashable, Sendable {
    /// Bytes of the document.
    package var bytes: Int
    /// Elements inside each other.
    package var depth: Int
    /// Elements in all.
    package var elements: Int

    /// 8 MiB, 64 levels and 200,000 elements, unless told otherwise: room for ten thousand listed objects.
    package init(bytes: Int = 8 << 20, depth: Int = 64, elements: Int = 200_000) {
        self.bytes = bytes
        self.depth = depth
        self.elements = elements
    }
}

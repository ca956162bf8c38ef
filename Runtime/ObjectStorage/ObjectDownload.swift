/// An object on its way.
package struct ObjectDownload: Sendable {
    /// Its size is the whole object's, also when a range was asked for.
    package let info: ObjectInfo
    /// To be read once; not reading on holds the store back.
    package let body: ObjectContent
}

/// What a provider says about a call before it ends.
package enum ProviderNews: Sendable, Hashable {
    /// How far it is, from 0 to 1. It may come out of order or twice; whoever hears it only goes forward.
    case progress(Double)
    /// The picture as far as it is: a PNG, JPEG or WebP.
    case preview([UInt8])
}

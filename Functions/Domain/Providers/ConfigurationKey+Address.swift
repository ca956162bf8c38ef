package import FunctionRuntime

extension ConfigurationKey<String> {
    /// A key for where a service is; a slash at its end is dropped, so that paths can follow.
    ///
    /// - Parameter want: an example; the default where there is none.
    package static func address(_ name: String, summary: String, default: String? = nil, want: String? = nil) -> Self {
        Self(name, summary: summary, default: `default`, kind: "an address", want: want ?? `default`) { text in
            guard text.hasPrefix("http://") || text.hasPrefix("https://") else { return nil }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
    }
}

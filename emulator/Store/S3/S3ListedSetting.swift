/// The documents of which a bucket may have several, each with an id of its own.
enum S3ListedSetting: String, CaseIterable {
    case analytics, inventory, metrics
    case intelligentTiering = "intelligent-tiering"

    /// The root element of each document.
    var root: String {
        switch self {
        case .analytics: "AnalyticsConfiguration"
        case .inventory: "InventoryConfiguration"
        case .metrics: "MetricsConfiguration"
        case .intelligentTiering: "IntelligentTieringConfiguration"
        }
    }

    /// The root element of their list.
    var listRoot: String {
        switch self {
        case .analytics: "ListBucketAnalyticsConfigurationsResult"
        case .inventory: "ListInventoryConfigurationsResult"
        case .metrics: "ListMetricsConfigurationsResult"
        case .intelligentTiering: "ListBucketIntelligentTieringConfigurationsResult"
        }
    }

    /// Where a bucket keeps them.
    var field: String { "doc:\(rawValue):" }
}

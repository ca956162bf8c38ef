import NIOHTTP1

/// The addresses by which MinIO's operators see that it is up
/// (https://min.io/docs/minio/linux/operations/monitoring/healthcheck-probe.html). Its name is no bucket's.
enum S3Health {
    private static let paths: Set<String> = [
        "/minio/health/live", "/minio/health/ready", "/minio/health/cluster", "/minio/health/cluster/read",
    ]

    /// The answer to a probe; nil for every other request.
    static func answer(_ request: HTTPRequest) -> HTTPReply? {
        guard request.method == "GET" || request.method == "HEAD", paths.contains(request.rawPath) else { return nil }
        return HTTPReply(200, ["x-amz-request-id": request.id])
    }
}

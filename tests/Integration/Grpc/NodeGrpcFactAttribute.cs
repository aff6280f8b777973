using Xunit;

namespace SshGateway.Tests.Integration.Grpc;

/// <summary>
/// A test with Node's gRPC as the peer; skipped, and counted as skipped, where that is not installed.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeGrpcFactAttribute : FactAttribute
{
    public NodeGrpcFactAttribute()
    {
        if (!Directory.Exists(Path.Combine(ForeignPeer.NodeFolder, "node_modules", "@grpc", "grpc-js")))
        {
            Skip = "needs node, and the packages of tests/Integration/Grpc/node, which scripts/install-node-packages installs";
        }
    }
}

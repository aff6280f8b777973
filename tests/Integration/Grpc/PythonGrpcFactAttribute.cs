using Xunit;

namespace SshGateway.Tests.Integration.Grpc;

/// <summary>
/// A test with Python's gRPC as the peer; skipped, and counted as skipped, where that is not installed.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonGrpcFactAttribute : FactAttribute
{
    private static readonly string[] Needed = ["/usr/bin/protoc", "/usr/bin/grpc_python_plugin", "/usr/lib/python3/dist-packages/grpc"];

    public PythonGrpcFactAttribute()
    {
        if (!Needed.All(Path.Exists))
        {
            Skip = "needs the Debian packages python3-grpcio, python3-protobuf and protobuf-compiler-grpc";
        }
    }
}

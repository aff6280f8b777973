namespace SshGateway.Shared.Grpc;

/// <summary>A call that ended with another status than OK; thrown by a handler, it becomes the call's status.</summary>
public sealed class GrpcException(GrpcStatusCode status, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public GrpcStatusCode Status { get; } = status;
}

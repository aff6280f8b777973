using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Listening;

/// <summary>What came first on a connection is not what has to come there.</summary>
/// <param name="end">How the connection ends.</param>
/// <param name="message">What is wrong with it.</param>
internal sealed class PrefaceException(ConnectionEnd end, string message) : Exception(message)
{
    public ConnectionEnd End { get; } = end;
}

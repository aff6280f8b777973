using System.Net.Sockets;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Sockets;

namespace SshGateway.Proxy.Pods;

/// <summary>The TCP connection to a pod.</summary>
internal sealed class PodConnector(PodLoginLimits limits, TimeProvider time)
{
    /// <summary>Null: the pod accepted and hung up before we could look.</summary>
    /// <param name="entry">The session.</param>
    /// <param name="clientSocket">Beside which the pod's is to be.</param>
    /// <param name="cancellation">Nobody wants it any more.</param>
    /// <exception cref="LoginRefusedException">There is none in time.</exception>
    public async Task<IPeerSocket?> ConnectAsync(SessionEntry entry, IPeerSocket clientSocket, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(limits.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await clientSocket.ConnectAnotherAsync(entry.Endpoint!, either.Token).ConfigureAwait(false);
        }
        catch (SocketException reset) when (reset.SocketErrorCode is SocketError.ConnectionReset or SocketError.NotConnected)
        {
            return null;
        }
        catch (Exception problem) when (problem is SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Refused(entry, ConnectionEnd.PodUnreachable, "cannot be reached", problem.Message);
        }
    }

    /// <param name="entry">The session.</param>
    /// <param name="end">How the connection ends.</param>
    /// <param name="what">What its pod did.</param>
    /// <param name="detail">More for the log.</param>
    public static LoginRefusedException Refused(SessionEntry entry, ConnectionEnd end, string what, string? detail) => new(
        end,
        $"The pod of session {entry.SessionId} {what}.",
        $"pod {entry.PodName} ({entry.PodUid}) at {entry.Endpoint}{(detail is null ? "" : "; " + detail)}");
}

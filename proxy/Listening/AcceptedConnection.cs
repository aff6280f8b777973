using System.Runtime.CompilerServices;
using SshGateway.Hosting.Listening;
using SshGateway.Hosting.Networks;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.Sessions;
using SshGateway.Proxy.SshConnections;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Listening;

/// <summary>Admits an accepted connection, finds out who it is and what it wants, and runs what it wants.</summary>
internal sealed class AcceptedConnection(
    IPeerSocket socket, NetworkSet balancers, ClientLimits limits, ConnectionReport report, SshConnectionFactory ssh, PassthroughConnectionFactory passthrough,
    RefusedClients refusedClients, TimeProvider time) : IAcceptedConnection
{
    // How long a client may take to read why it is refused.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    // As the refusal of those that find no place.
    private static readonly Refusal Displaced = new(
        ConnectionEnd.Displaced, "This gateway is busy with other logins. Try again in a moment.", "the oldest of the source that had the most");

    private static readonly Refusal Stopping = new(ConnectionEnd.ProxyStopping, "This gateway is shutting down. Connect again.");

    private readonly ConnectionLease _lease = new(limits);
    private readonly Lock _lock = new();
    private IClientConnection? _connection;
    private Refusal? _stopReason;

    /// <inheritdoc/>
    public async Task RunAsync()
    {
        if (await ReadPrefaceAsync().ConfigureAwait(false) is { } preface)
        {
            IClientConnection connection = preface.Connect is { } request
                ? passthrough.Create(socket, request, preface.Unread, _lease, report)
                : ssh.Create(socket, preface.Unread.Span, _lease, report);
            await using ConfiguredAsyncDisposable disposal = connection.ConfigureAwait(false);
            lock (_lock)
            {
                _connection = _stopReason is null ? connection : null;
            }
            if (_connection is null)
            {
                report.Ended(_stopReason!.Outcome);
            }
            else
            {
                await connection.RunAsync().ConfigureAwait(false);
            }
        }
        _lease.Ended(report.End ?? ConnectionEnd.InternalError, report.UserName.Length > 0);
    }

    /// <inheritdoc/>
    public Task StopAsync() => StopAsync(Stopping);

    public ValueTask DisposeAsync()
    {
        _lease.Dispose();
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task StopAsync(Refusal reason)
    {
        lock (_lock)
        {
            _stopReason = reason;
            if (_connection is not null)
            {
                return _connection.StopAsync(reason);
            }
        }
        socket.Abort();
        return Task.CompletedTask;
    }

    /// <summary>Null: that was the connection's end.</summary>
    private async Task<Preface?> ReadPrefaceAsync()
    {
        ConnectionOutcome outcome;
        var reader = new PrefaceReader(socket, balancers, time);
        try
        {
            Refusal? refusal = _lease.Acquire();
            if (refusal is not null)
            {
                return await RefuseAsync(refusal, reader, isIdentified: false).ConfigureAwait(false);
            }
            socket.ActsFor(await reader.ReadClientAsync().ConfigureAwait(false));
            report.Client = socket.RemoteEndPoint;
            refusal = _lease.Identify(socket.RemoteEndPoint.Address, () => _ = StopAsync(Displaced));
            if (refusal is not null)
            {
                return await RefuseAsync(refusal, reader, isIdentified: true).ConfigureAwait(false);
            }
            if (await reader.ReadAsync().ConfigureAwait(false) is { } preface)
            {
                return preface;
            }
            // sshd sends its identification first, and `nc </dev/null` and health checks look for it.
            await SendLastAsync(Identification.WriteLine(Identification.OpenSsh)).ConfigureAwait(false);
            outcome = new ConnectionOutcome(ConnectionEnd.ClientLeftEarly);
        }
        catch (PrefaceException problem)
        {
            if (problem.End != ConnectionEnd.ProxyHeaderInvalid)
            {
                await SendLastAsync(HttpReply.BadRequest($"The gateway received {problem.Message}.")).ConfigureAwait(false);
            }
            outcome = new ConnectionOutcome(problem.End, problem.Message);
        }
        catch (PeerGoneException gone)
        {
            report.ClientGone(gone);
            outcome = _stopReason?.Outcome ?? new ConnectionOutcome(ConnectionEnd.ClientLeftEarly);
        }
#pragma warning disable CA1031 // The last resort: one connection's defect must not end the others.
        catch (Exception defect)
        {
            report.Defect(defect);
            outcome = new ConnectionOutcome(ConnectionEnd.InternalError);
        }
#pragma warning restore CA1031
        report.Ended(outcome);
        return null;
    }

    private async Task<Preface?> RefuseAsync(Refusal refusal, PrefaceReader reader, bool isIdentified)
    {
        // It must not count against others while it reads why.
        _lease.Dispose();
        await LimitLingeringAsync(() => refusedClients.DisconnectAsync(socket, reader, refusal, isIdentified)).ConfigureAwait(false);
        report.Ended(refusal.Outcome);
        return null;
    }

    private Task SendLastAsync(ReadOnlyMemory<byte> bytes) => LimitLingeringAsync(() => LingeringClose.SendAsync(socket, bytes, Linger, time));

    private async Task LimitLingeringAsync(Func<Task> send)
    {
        if (!limits.LingeringClose.TryAcquire())
        {
            return;
        }
        try
        {
            await send().ConfigureAwait(false);
        }
        finally
        {
            limits.LingeringClose.Release();
        }
    }
}

/// <summary>Makes the connections of accepted clients.</summary>
internal sealed class AcceptedConnectionFactory(
    NetworkSet balancers, ClientLimits limits, ConnectionReports reports, SshConnectionFactory ssh, PassthroughConnectionFactory passthrough,
    RefusedClients refusedClients, TimeProvider time)
{
    /// <param name="socket">The connection; owned by what is made.</param>
    public AcceptedConnection Create(IPeerSocket socket) =>
        new(socket, balancers, limits, reports.Create(socket.RemoteEndPoint), ssh, passthrough, refusedClients, time);
}

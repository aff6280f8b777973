using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Limits;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.Relay;
using SshGateway.Proxy.Sessions;
using SshGateway.Proxy.SshConnections;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;

namespace SshGateway.Proxy.Listening;

/// <summary>An accepted connection: whether it may stay, who it is, what it wants, and then the connection of that kind.</summary>
internal sealed class AcceptedConnection(IPeerSocket socket, ConnectionServices services) : IDisposable
{
    // How long a client that is refused may take to read why.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly ConnectionReport _report = new(services, socket.RemoteEndPoint);
    private readonly ConnectionLease _visit = new(services.Limits);
    private readonly Lock _lock = new();
    private IClientConnection? _connection;
    private bool _isStopping;

    /// <summary>Runs to the connection's end. Does not throw.</summary>
    public async Task RunAsync()
    {
        if (await ReadPrefaceAsync().ConfigureAwait(false) is { } preface)
        {
            IClientConnection connection = preface.Connect is { } request
                ? new PassthroughConnection(socket, request, preface.Unread, _visit, _report, services)
                : new Connection(socket, preface.Unread.Span, _visit, _report, services);
            await using ConfiguredAsyncDisposable disposal = connection.ConfigureAwait(false);
            lock (_lock)
            {
                _connection = connection;
                if (_isStopping)
                {
                    socket.Abort();
                }
            }
            await connection.RunAsync().ConfigureAwait(false);
        }
        _visit.Ended(_report.End ?? ConnectionEnd.InternalError, _report.UserName.Length > 0);
    }

    /// <summary>Ends it because the proxy stops.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            _isStopping = true;
            if (_connection is not null)
            {
                return _connection.StopAsync();
            }
        }
        socket.Abort();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _visit.Dispose();
        socket.Dispose();
    }

    /// <summary>Null: that was the connection's end.</summary>
    private async Task<Preface?> ReadPrefaceAsync()
    {
        BridgeEnd end;
        var reader = new PrefaceReader(socket, services.Balancers, services.Time);
        bool isIdentified = false;
        try
        {
            ThrowIf(_visit.Enter());
            socket.ActsFor(await reader.ReadClientAsync().ConfigureAwait(false));
            isIdentified = true;
            _report.Client = socket.RemoteEndPoint;
            ThrowIf(_visit.Identify(socket.RemoteEndPoint.Address));
            if (await reader.ReadAsync().ConfigureAwait(false) is { } preface)
            {
                return preface;
            }
            // sshd sends its identification first, and `nc </dev/null` and health checks look for it.
            await SayAsync(Identification.OwnLine.ToArray()).ConfigureAwait(false);
            end = new BridgeEnd(ConnectionEnd.ClientLeftEarly, null);
        }
        catch (LoginRefusedException refused)
        {
            // It must not take others' places while it reads why.
            _visit.Dispose();
            await WithPatienceAsync(() => new RefusedClient(socket, reader, services).TellAsync(refused, isIdentified)).ConfigureAwait(false);
            end = new BridgeEnd(refused.End, refused.Detail);
        }
        catch (PrefaceException refused)
        {
            if (refused.End != ConnectionEnd.ProxyHeaderInvalid)
            {
                await SayAsync(HttpReply.BadRequest($"The gateway met {refused.Message}.")).ConfigureAwait(false);
            }
            end = new BridgeEnd(refused.End, refused.Message);
        }
        catch (Exception gone) when (gone is PeerClosedException or SocketException or ObjectDisposedException)
        {
            end = new BridgeEnd(_isStopping ? ConnectionEnd.ProxyStopping : ConnectionEnd.ClientLeftEarly, null);
        }
#pragma warning disable CA1031 // The last resort: one connection's defect must not end the others.
        catch (Exception defect)
        {
            _report.Defect(defect);
            end = new BridgeEnd(ConnectionEnd.InternalError, null);
        }
#pragma warning restore CA1031
        _report.Ended(end);
        return null;
    }

    private static void ThrowIf(LoginRefusedException? refusal)
    {
        if (refusal is not null)
        {
            throw refusal;
        }
    }

    private Task SayAsync(ReadOnlyMemory<byte> words) => WithPatienceAsync(() => LingeringClose.SayAsync(socket, words, Linger, services.Time));

    private async Task WithPatienceAsync(Func<Task> say)
    {
        if (!services.Limits.LingeringClose.TryEnter(true))
        {
            return;
        }
        try
        {
            await say().ConfigureAwait(false);
        }
        finally
        {
            services.Limits.LingeringClose.Leave(true);
        }
    }
}

using System.Net;
using SshGateway.Exec.Authentication;
using SshGateway.Exec.Channels;
using SshGateway.Exec.Requests;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;

namespace SshGateway.Exec.Connections;

/// <summary>One connection of a proxy, to its end: key exchange, login, channels.</summary>
internal sealed partial class ExecConnection : IAsyncDisposable
{
    // How long a proxy may take to read why it is disconnected.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly SshServerTransport _leg;
    private readonly GatewayAuthentication _authentication;
    private readonly ChannelTargets _targets;
    private readonly ConnectionLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger<ConnectionProtocol> _protocolLogger;
    private readonly ILogger<ExecConnection> _logger;
    private readonly string _id;
    private ExecLogin? _login;
    private volatile ConnectionProtocol? _protocol;
    private volatile bool _isStopping;
    private volatile bool _isLate;

    /// <param name="leg">The transport to the proxy; owned.</param>
    /// <param name="id">Names the connection in every log.</param>
    public ExecConnection(
        SshServerTransport leg, string id, GatewayAuthentication authentication, ChannelTargets targets, ConnectionLimits limits, TimeProvider time,
        ILogger<ConnectionProtocol> protocolLogger, ILogger<ExecConnection> logger)
    {
        (_leg, _id, _authentication, _targets, _limits, _time, _protocolLogger, _logger) = (leg, id, authentication, targets, limits, time, protocolLogger, logger);
    }

    /// <summary>Channels that are open.</summary>
    public int ChannelCount => _protocol?.ChannelCount ?? 0;

    /// <summary>Now and then: sees whether the proxy is gone.</summary>
    public void Review() => _leg.Socket.ReviewTimeout();

    public async Task<ConnectionEnd> RunAsync()
    {
        long startedAt = _time.GetTimestamp();
        IPEndPoint proxy = _leg.Socket.RemoteEndPoint;
        (ConnectionEnd end, string? detail) = await ServeAsync().ConfigureAwait(false);
        end = _isStopping ? ConnectionEnd.Stopping
            : _leg.KeyExchangeTimedOut ? ConnectionEnd.KeyExchangeTimeout
            : _isLate && _login is null ? ConnectionEnd.LoginTimeout
            : end;
        double seconds = _time.GetElapsedTime(startedAt).TotalSeconds;
        string text = PeerText.OneLine(detail ?? "");
        if (_login is { } login)
        {
            Log.Ended(_logger, _id, proxy, end, login.Session.SessionId, login.KeyId, seconds, _leg.Input.TotalBytes, _leg.Output.TotalBytes, text);
        }
        else
        {
            Log.EndedWithoutLogin(_logger, _id, proxy, end, PeerText.OneLine(_authentication.UserName), seconds, text);
        }
        return end;
    }

    /// <summary>Ends it and says why. Any thread.</summary>
    public async Task StopAsync(string sentence)
    {
        _isStopping = true;
        await _leg.DisconnectAsync(DisconnectReason.ByApplication, sentence).ConfigureAwait(false);
        _leg.Abort();
    }

    public ValueTask DisposeAsync() => _leg.DisposeAsync();

    private async Task<(ConnectionEnd End, string? Detail)> ServeAsync()
    {
        try
        {
            if (await LogInAsync().ConfigureAwait(false) is not { } login)
            {
                const string Sentence = "Too many authentication failures";
                await DisconnectAsync(DisconnectReason.NoMoreAuthMethodsAvailable, Sentence).ConfigureAwait(false);
                return (ConnectionEnd.AuthenticationFailed, _authentication.LastProblem ?? Sentence);
            }
            _login = login;
            Log.LoggedIn(
                _logger, _id, _leg.Socket.RemoteEndPoint, login.Session.SessionId, login.Session.Namespace, login.Session.PodName, login.Session.PodUid, login.KeyId);
            // The client may use what a login allows as soon as it is told.
            _leg.EnterRelaying();
            await _leg.Output.SendAsync(new byte[] { MessageNumber.UserAuthSuccess }).ConfigureAwait(false);
            using var protocol = new ConnectionProtocol(_leg, _id, Open, _limits.Channels, _time, _protocolLogger);
            _protocol = protocol;
            await protocol.RunAsync().ConfigureAwait(false);
            return (ConnectionEnd.Closed, null);
        }
        catch (PeerDisconnectedException disconnect)
        {
            return _login is null ? (ConnectionEnd.AuthenticationFailed, _authentication.LastProblem ?? disconnect.Description) : (ConnectionEnd.Closed, disconnect.Description);
        }
        catch (PeerGoneException gone)
        {
            return _login is null && _authentication.LastProblem is { } problem ? (ConnectionEnd.AuthenticationFailed, problem) : (ConnectionEnd.Lost, gone.Message);
        }
        catch (SshProtocolException violation)
        {
            await DisconnectAsync(violation.Reason, violation.Message).ConfigureAwait(false);
            return (violation is KeyExchangeException ? ConnectionEnd.KeyExchangeFailed : ConnectionEnd.ProtocolError, violation.Message);
        }
        catch (SshFormatException malformed)
        {
            await DisconnectAsync(DisconnectReason.ProtocolError, malformed.Message).ConfigureAwait(false);
            return (ConnectionEnd.ProtocolError, malformed.Message);
        }
#pragma warning disable CA1031 // The last resort: one connection's defect must not end the others.
        catch (Exception defect)
        {
            Log.Defect(_logger, defect, _id);
            await DisconnectAsync(DisconnectReason.ByApplication, $"The exec relay failed on an internal error. Please report this to the operators. (connection {_id})").ConfigureAwait(false);
            return (ConnectionEnd.InternalError, null);
        }
#pragma warning restore CA1031
    }

    private async Task<ExecLogin?> LogInAsync()
    {
        ITimer deadline = _time.CreateTimer(_ => _ = ExpireAsync(), null, _limits.LoginTimeout, Timeout.InfiniteTimeSpan);
        await using (deadline.ConfigureAwait(false))
        {
            await _leg.HandshakeAsync().ConfigureAwait(false);
            if (_logger.IsEnabled(LogLevel.Debug))
            {
                Log.KeysExchanged(_logger, _id, _leg.NegotiatedAlgorithms);
            }
            return await _authentication.RunAsync().ConfigureAwait(false);
        }
    }

    private OpenFailure? Open(ReadOnlySpan<byte> type, SshReader fields, out IChannelTarget? target) => _targets.Open(_login!, type, fields, out target);

    private async Task ExpireAsync()
    {
        _isLate = true;
        await _leg.DisconnectAsync(DisconnectReason.ByApplication, "The login took too long.").ConfigureAwait(false);
        _leg.Abort();
    }

    // What the connection protocol has ended is aborted already, and then this does nothing.
    private async Task DisconnectAsync(DisconnectReason reason, string sentence)
    {
        await _leg.DisconnectAsync(reason, sentence).ConfigureAwait(false);
        await _leg.DrainAsync(Linger).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Connection {Connection} negotiated {Algorithms}")]
        public static partial void KeysExchanged(ILogger logger, string connection, string algorithms);

        [LoggerMessage(2, LogLevel.Information, "Connection {Connection} from {Proxy} logged in: session {Session}, pod {Namespace}/{Pod} ({PodUid}), {KeyId}")]
        public static partial void LoggedIn(ILogger logger, string connection, IPEndPoint proxy, string session, string @namespace, string pod, string podUid, string keyId);

        [LoggerMessage(3, LogLevel.Information, "Connection {Connection} from {Proxy} closed: {End} (session {Session}, {KeyId}, {Seconds:F1} s, {BytesIn} B received, {BytesOut} B sent). {Detail}")]
        public static partial void Ended(
            ILogger logger, string connection, IPEndPoint proxy, ConnectionEnd end, string session, string keyId, double seconds, long bytesIn, long bytesOut, string detail);

        [LoggerMessage(4, LogLevel.Information, "Connection {Connection} from {Proxy} closed before a login: {End} (user \"{UserName}\", {Seconds:F1} s). {Detail}")]
        public static partial void EndedWithoutLogin(ILogger logger, string connection, IPEndPoint proxy, ConnectionEnd end, string userName, double seconds, string detail);

        [LoggerMessage(5, LogLevel.Error, "Connection {Connection} failed on a defect of the relay. Please report it")]
        public static partial void Defect(ILogger logger, Exception defect, string connection);
    }
}

/// <param name="LoginTimeout">How long a proxy has until it is logged in.</param>
/// <param name="MaxConnections">Connections that may be open, logged in or not.</param>
/// <param name="Channels">Bounds of each one's channels.</param>
internal sealed record ConnectionLimits(TimeSpan LoginTimeout, int MaxConnections, ChannelLimits Channels);

using System.Net;
using SshGateway.Hosting.Networks;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Passthrough;
using SshGateway.Ssh.Sockets;

namespace SshGateway.Proxy.Listening;

/// <summary>
/// Finds out what a new connection is: takes the PROXY header of a balancer, and then looks whether a CONNECT request
/// comes or SSH. Reads no more than one small buffer, and holds it only once something has come.
/// </summary>
internal sealed class PrefaceReader(IPeerSocket socket, NetworkSet balancers, TimeProvider time)
{
    // For everything that may precede the protocol, TLVs and HTTP headers included.
    private const int MaxPreface = 4096;

    // HAProxy's doc/proxy-protocol.txt section 2 asks for at least three seconds: a lost packet must not cost the
    // connection.
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    // Some SSH clients wait for the server's identification, and whoever speaks HTTP begins at once.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _isClosed;

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The PROXY header's client, or the peer where it is no balancer or does not say.</summary>
    /// <exception cref="PrefaceException">The header is missing, malformed or late.</exception>
    /// <exception cref="PeerGoneException">The peer closed, or the connection broke.</exception>
    public async Task<IPEndPoint> ReadClientAsync()
    {
        if (!balancers.Contains(socket.RemoteEndPoint.Address))
        {
            return socket.RemoteEndPoint;
        }
        using var timeout = new CancellationTokenSource(HeaderTimeout, time);
        ProxyHeader? header = null;
        while ((header = ProxyHeaderParser.TryParse(Unread, MaxPreface)) is null)
        {
            if (!await TryFillAsync(timeout.Token).ConfigureAwait(false))
            {
                throw new PrefaceException(ConnectionEnd.ProxyHeaderInvalid, "no complete PROXY header in time");
            }
        }
        _start += header.Value.Length;
        return header.Value.Source ?? socket.RemoteEndPoint;
    }

    /// <summary>What the client wants, once it is known who it is; null: it ended without saying it.</summary>
    /// <exception cref="PrefaceException">A CONNECT request is malformed, too long or late.</exception>
    /// <exception cref="PeerGoneException">The peer closed in a CONNECT request, or the connection broke.</exception>
    public async Task<Preface?> ReadAsync()
    {
        bool beginsRequest;
        try
        {
            beginsRequest = await BeginsRequestAsync().ConfigureAwait(false);
        }
        catch (PeerGoneException) when (_isClosed)
        {
            return null;
        }
        ConnectRequest? request = beginsRequest ? await ReadRequestAsync().ConfigureAwait(false) : null;
        return new Preface(request, Unread.ToArray());
    }

    private async Task<bool> BeginsRequestAsync()
    {
        using var silence = new CancellationTokenSource(Silence, time);
        while (ConnectRequest.Method.StartsWith(Unread))
        {
            if (!await TryFillAsync(silence.Token).ConfigureAwait(false))
            {
                return false;
            }
        }
        return Unread.StartsWith(ConnectRequest.Method);
    }

    private async Task<ConnectRequest> ReadRequestAsync()
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, time);
        while (true)
        {
            int length = ConnectRequest.FindHead(Unread);
            if (length > 0)
            {
                if (!ConnectRequest.TryParse(Unread[..length], out ConnectRequest? request, out string? problem))
                {
                    throw new PrefaceException(ConnectionEnd.ClientProtocolError, problem);
                }
                _start += length;
                return request;
            }
            if (Unread.Length >= MaxPreface)
            {
                throw new PrefaceException(ConnectionEnd.ClientProtocolError, $"a CONNECT request of more than {MaxPreface} bytes");
            }
            if (!await TryFillAsync(timeout.Token).ConfigureAwait(false))
            {
                throw new PrefaceException(ConnectionEnd.ClientTooSlow, "no complete CONNECT request in time");
            }
        }
    }

    /// <summary>False: nothing came in time.</summary>
    private async Task<bool> TryFillAsync(CancellationToken timeout)
    {
        if (!await socket.WaitReadableAsync(timeout).ConfigureAwait(false))
        {
            return false;
        }
        _buffer ??= new byte[MaxPreface];
        if (_end == _buffer.Length)
        {
            // Room that a PROXY header took.
            Unread.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        int count = await socket.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
        if (count == 0)
        {
            _isClosed = true;
            throw PeerGoneException.ClosedByPeer();
        }
        _end += count;
        return true;
    }
}

/// <summary>What was read of a connection before its protocol begins.</summary>
/// <param name="Connect">The request for a passthrough; null: the client speaks SSH, or nothing yet.</param>
/// <param name="Unread">What came behind that, and belongs to the protocol.</param>
internal sealed record Preface(ConnectRequest? Connect, ReadOnlyMemory<byte> Unread);

/// <summary>What came first on a connection is not what has to come there.</summary>
internal sealed class PrefaceException(ConnectionEnd end, string message) : Exception(message)
{
    public ConnectionEnd End { get; } = end;
}

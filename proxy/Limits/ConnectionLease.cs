using System.Globalization;
using System.Net;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Limits;

/// <summary>One connection's places among the limits, from its acceptance to its end.</summary>
internal sealed class ConnectionLease(ClientLimits limits) : IDisposable
{
    private bool _isCounted;
    private int _isUnauthenticated;
    private IPAddress? _address;
    private SourceNetwork? _source;

    public bool IsAuthenticated { get; private set; }

    /// <summary>The connection has been accepted. Why it has to go; null: it may stay.</summary>
    public LoginRefusedException? Enter()
    {
        _isCounted = limits.All.TryEnter(true);
        if (!_isCounted)
        {
            return new LoginRefusedException(ConnectionEnd.ProxyFull, "This gateway has as many connections as it takes. Try again in a moment.");
        }
        if (!limits.Unauthenticated.TryEnter(true))
        {
            return new LoginRefusedException(ConnectionEnd.TooManyUnauthenticated, "This gateway is busy with other logins. Try again in a moment.", "in total");
        }
        _isUnauthenticated = 1;
        return null;
    }

    /// <summary>It is known now where the client is. Why it has to go; null: it may stay.</summary>
    public LoginRefusedException? Identify(IPAddress address)
    {
        _address = address;
        if (limits.Penalties.Remaining(address) is { } remaining)
        {
            return new LoginRefusedException(
                ConnectionEnd.SourcePenalized,
                string.Create(CultureInfo.InvariantCulture, $"Too many logins from your address have failed. Try again in {Math.Ceiling(remaining.TotalSeconds):0} seconds."));
        }
        SourceNetwork source = limits.Sources.Of(address);
        if (!limits.UnauthenticatedBySource.TryEnter(source))
        {
            return new LoginRefusedException(ConnectionEnd.TooManyUnauthenticated, "There are too many logins under way from your address. Try again in a moment.", "of one source");
        }
        _source = source;
        return null;
    }

    /// <summary>The client has proved a key of its session.</summary>
    public void LoggedIn()
    {
        if (_address is not null)
        {
            limits.Penalties.Forgive(_address);
        }
        Authenticated();
    }

    /// <summary>The client has logged in, or been passed through to who sees to that. It counts among all and no longer among those who have not.</summary>
    public void Authenticated()
    {
        IsAuthenticated = true;
        LeaveUnauthenticated();
    }

    /// <summary>The connection has ended like this.</summary>
    public void Ended(ConnectionEnd end, bool triedToLogIn)
    {
        if (!IsAuthenticated && _address is not null)
        {
            limits.Penalties.Add(_address, end, triedToLogIn);
        }
    }

    /// <summary>Gives the places back; any number of times, but not from several threads at once.</summary>
    public void Dispose()
    {
        LeaveUnauthenticated();
        if (_isCounted)
        {
            _isCounted = false;
            limits.All.Leave(true);
        }
    }

    private void LeaveUnauthenticated()
    {
        if (Interlocked.Exchange(ref _isUnauthenticated, 0) == 1)
        {
            limits.Unauthenticated.Leave(true);
        }
        if (_source is { } source)
        {
            _source = null;
            limits.UnauthenticatedBySource.Leave(source);
        }
    }
}

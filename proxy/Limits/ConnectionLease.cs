using System.Globalization;
using System.Net;
using SshGateway.Hosting.Text;
using SshGateway.Proxy.Networks;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Limits;

/// <summary>What one connection holds of the limits, from its acceptance to its end.</summary>
internal sealed class ConnectionLease(ClientLimits limits) : IDisposable
{
    private bool _isCounted;
    private int _isUnauthenticated;
    private IPAddress? _address;
    private SourceNetwork? _source;

    public bool IsAuthenticated { get; private set; }

    /// <summary>The connection has been accepted. Null: it may stay.</summary>
    public Refusal? Acquire()
    {
        _isCounted = limits.All.TryAcquire();
        if (!_isCounted)
        {
            return new Refusal(ConnectionEnd.ProxyFull, "This gateway has reached its connection limit. Try again in a moment.");
        }
        if (!limits.Unauthenticated.TryAcquire())
        {
            return new Refusal(ConnectionEnd.TooManyUnauthenticated, "This gateway is busy with other logins. Try again in a moment.", "in total");
        }
        _isUnauthenticated = 1;
        return null;
    }

    /// <summary>The client's address is known now. Null: it may stay.</summary>
    public Refusal? Identify(IPAddress address)
    {
        _address = address;
        if (limits.Penalties.Remaining(address) is { } remaining)
        {
            return new Refusal(
                ConnectionEnd.SourcePenalized,
                $"Too many logins from your address have failed. Try again in {Quantity.Describe(remaining)}.");
        }
        SourceNetwork source = limits.Sources.Find(address);
        if (!limits.UnauthenticatedBySource.TryAcquire(source))
        {
            return new Refusal(ConnectionEnd.TooManyUnauthenticated, "Too many logins from your address have not finished. Try again in a moment.", "of one source");
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

    /// <summary>
    /// The client has logged in, or its bytes go to a pod that authenticates it. It no longer counts as
    /// unauthenticated.
    /// </summary>
    public void Authenticated()
    {
        IsAuthenticated = true;
        ReleaseUnauthenticated();
    }

    /// <summary>The connection has ended like this.</summary>
    public void Ended(ConnectionEnd end, bool triedToLogIn)
    {
        if (!IsAuthenticated && _address is not null)
        {
            limits.Penalties.Add(_address, end, triedToLogIn);
        }
    }

    /// <summary>Gives everything back; any number of times, but not from several threads at once.</summary>
    public void Dispose()
    {
        ReleaseUnauthenticated();
        if (_isCounted)
        {
            _isCounted = false;
            limits.All.Release();
        }
    }

    private void ReleaseUnauthenticated()
    {
        if (Interlocked.Exchange(ref _isUnauthenticated, 0) == 1)
        {
            limits.Unauthenticated.Release();
        }
        if (_source is { } source)
        {
            _source = null;
            limits.UnauthenticatedBySource.Release(source);
        }
    }
}

using System.Globalization;
using System.Net;
using SshGateway.Hosting.Text;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Limits;

/// <summary>What one connection holds of the limits, from its acceptance to its end.</summary>
internal sealed class ConnectionLease(ClientLimits limits) : IDisposable
{
    private bool _isCounted;
    private int _isUnidentified;
    private IPAddress? _address;
    private UnauthenticatedPlaces.Place? _place;

    public bool IsAuthenticated { get; private set; }

    /// <summary>The connection has been accepted. Null: it may stay.</summary>
    public Refusal? Acquire()
    {
        _isCounted = limits.All.TryAcquire();
        if (!_isCounted)
        {
            return new Refusal(ConnectionEnd.ProxyFull, "This gateway has reached its connection limit. Try again in a moment.");
        }
        if (!limits.Unidentified.TryAcquire())
        {
            return new Refusal(ConnectionEnd.TooManyUnauthenticated, "This gateway is busy with other logins. Try again in a moment.", "in total, without a PROXY header");
        }
        _isUnidentified = 1;
        return null;
    }

    /// <summary>The client's address is known now. Null: it may stay.</summary>
    /// <param name="onDisplaced">Called on another client's thread if it has to make room before its login.</param>
    public Refusal? Identify(IPAddress address, Action onDisplaced)
    {
        _address = address;
        ReleaseUnidentified();
        if (limits.Penalties.Remaining(address) is { } remaining)
        {
            return new Refusal(
                ConnectionEnd.SourcePenalized,
                $"Too many logins from your address have failed. Try again in {Quantity.Describe(remaining)}.");
        }
        _place = limits.Unauthenticated.TryEnter(address, onDisplaced);
        if (_place is null)
        {
            return new Refusal(ConnectionEnd.TooManyUnauthenticated, "Too many logins from your address have not finished. Try again in a moment.", "of one source");
        }
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

    /// <summary>The client has logged in, or a pod will authenticate it. It is not unauthenticated any more.</summary>
    public void Authenticated()
    {
        IsAuthenticated = true;
        LeavePlace();
    }

    /// <summary>The pod that got the client's bytes did not let it in: that counts as a login failed here.</summary>
    public void FailedAtPod()
    {
        if (_address is not null)
        {
            limits.Penalties.Add(_address, ConnectionEnd.AuthenticationFailed, triedToLogIn: true);
        }
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
        ReleaseUnidentified();
        LeavePlace();
        if (_isCounted)
        {
            _isCounted = false;
            limits.All.Release();
        }
    }

    private void ReleaseUnidentified()
    {
        if (Interlocked.Exchange(ref _isUnidentified, 0) == 1)
        {
            limits.Unidentified.Release();
        }
    }

    private void LeavePlace()
    {
        if (_place is { } place)
        {
            limits.Unauthenticated.Leave(place);
            _place = null;
        }
    }
}

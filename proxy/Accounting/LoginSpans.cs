using System.Diagnostics;
using SshGateway.Proxy.Outcomes;

namespace SshGateway.Proxy.Accounting;

/// <summary>The trace of one connection's login: its span, and those of its steps before the pod's.</summary>
internal sealed class LoginSpans
{
    private readonly Activity? _login = LoginTrace.Start(LoginTrace.Login);
    private Activity? _step;

    /// <summary>False: nobody listens, or it has ended.</summary>
    public bool IsRunning => _login is { IsStopped: false };

    /// <summary>The step before this one has ended.</summary>
    public void Begin(string step)
    {
        EndStep();
        _step = LoginTrace.Start(step);
    }

    public void EndStep() => _step?.Dispose();

    /// <summary>The login has succeeded, or the connection has ended without one.</summary>
    /// <param name="end">How it ended without a login; null: it logged in.</param>
    /// <param name="tags">What is known of it.</param>
    public void End(ConnectionEnd? end, params ReadOnlySpan<(string Key, string? Value)> tags)
    {
        EndStep();
        foreach ((string key, string? value) in tags)
        {
            _login?.SetTag(key, value);
        }
        if (end is { } failed)
        {
            _login?.SetTag("end", failed.ToString()).SetStatus(ActivityStatusCode.Error, failed.Description);
        }
        _login?.Dispose();
    }
}

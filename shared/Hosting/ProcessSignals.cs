using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SshGateway.Hosting;

/// <summary>SIGHUP reloads files. SIGTERM, SIGINT and SIGQUIT end the process; a second one ends it at once.</summary>
internal sealed partial class ProcessSignals : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration[] _registrations;
    private IServiceProvider? _services;
    private int _ends;

    public ProcessSignals()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnHangup),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnEnd),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnEnd),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnEnd),
        ];
    }

    /// <summary>Says what SIGHUP reloads. Before that it does nothing, and does not end the process.</summary>
    public void Serve(IServiceProvider services)
    {
        lock (_lock)
        {
            _services = services;
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
        lock (_lock)
        {
            _services = null;
        }
    }

    private void OnHangup(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_lock)
        {
            try
            {
                if (_services is not null)
                {
                    Reload(_services);
                }
            }
            catch (ObjectDisposedException)
            {
                // The process is ending.
            }
        }
    }

    // Only a process whose host runs has taken the first one.
    private void OnEnd(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _ends) > 1)
        {
            Console.Error.WriteLine($"{context.Signal} came a second time: ending at once; what is still open is cut");
            Environment.Exit(1);
        }
    }

    private static void Reload(IServiceProvider services)
    {
        ILogger logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ProcessSignals).FullName!);
        List<string> good = [];
        List<string> bad = [];
        foreach (IReloadable item in services.GetServices<IReloadable>())
        {
            try
            {
                string? problem = item.Reload();
                (problem is null ? good : bad).Add(problem is null ? item.Content : $"{item.Content} ({problem})");
            }
            catch (Exception problem)
            {
                bad.Add($"{item.Content} ({StartupFailure.Explain(problem)})");
            }
        }
        if (bad.Count == 0)
        {
            Log.Reloaded(logger, string.Join(", ", good));
        }
        else
        {
            Log.PartlyReloaded(logger, good.Count == 0 ? "nothing" : string.Join(", ", good), string.Join(", ", bad));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "SIGHUP: reloaded {Content}. Other settings take effect after a restart")]
        public static partial void Reloaded(ILogger logger, string content);

        [LoggerMessage(2, LogLevel.Error, "SIGHUP: reloaded {Content}. Not reloaded, the last good version stays in force: {Problems}")]
        public static partial void PartlyReloaded(ILogger logger, string content, string problems);
    }
}

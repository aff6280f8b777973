using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace SshGateway.Hosting.Logging;

/// <summary>Formats on the thread that logs.</summary>
/// <param name="write">Takes one, with its end of line, and keeps nothing of it.</param>
internal sealed class LineLogger(string category, ConsoleFormatter lines, Action<StringBuilder> write) : ILogger
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    // Of each thread, used again and again: loggers are called on the event loops.
    [ThreadStatic]
    private static StringWriter? _line;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        // GatewayProcess says it in one sentence; the host, with a stack trace.
        if (category == HostCategory && exception is not null && StartupFailure.IsExplained(exception))
        {
            return;
        }
        _line ??= new StringWriter();
        lines.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), scopeProvider: null, _line);
        StringBuilder line = _line.GetStringBuilder();
        write(line);
        line.Clear();
    }
}

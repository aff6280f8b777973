using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace SshGateway.Hosting.Logging;

/// <summary>Loggers whose lines go through one <see cref="LineWriter"/>.</summary>
[ProviderAlias("Console")]
internal sealed class LineLoggerProvider : ILoggerProvider
{
    private readonly ConsoleFormatter _formatter;
    private readonly LineWriter _writer;

    /// <param name="output">Where they go. Owned.</param>
    public LineLoggerProvider(ConsoleFormatter formatter, Stream output)
    {
        _formatter = formatter;
        _writer = new LineWriter(output, Notice);
    }

    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, _formatter, _writer.Write);

    public void Dispose() => _writer.Dispose();

    private string Notice(long missing)
    {
        var notice = new StringBuilder();
        LineMessages.Missing(new LineLogger(typeof(LineWriter).FullName!, _formatter, line => notice.Append(line)), missing);
        return notice.ToString();
    }
}

internal static partial class LineMessages
{
    [LoggerMessage(1, LogLevel.Warning, "Log lines missing here: {Count}. The output was too slow or could not be written")]
    public static partial void Missing(ILogger logger, long count);
}

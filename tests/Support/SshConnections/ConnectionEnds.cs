using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SshGateway.Proxy.Accounting;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Outcomes;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.Support.SshConnections;

/// <summary>What the proxy logs of its connections: where it listens, and how each one ended.</summary>
internal sealed class ConnectionEnds : ILogger<ConnectionReport>, ILogger<SshListener>
{
    private const int Listening = 1;
    private const int Ended = 3;

    private readonly TaskCompletionSource<IPEndPoint> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<IReadOnlyDictionary<string, object?>> _ended = Channel.CreateUnbounded<IReadOnlyDictionary<string, object?>>();

    public ConcurrentQueue<string> Lines { get; } = new();

    public Task<IPEndPoint> AddressAsync() => _address.Task.Limited();

    /// <summary>The next connection's end.</summary>
    public async Task<(ConnectionEnd End, string UserName, string? Detail)> NextAsync()
    {
        IReadOnlyDictionary<string, object?> values = await _ended.Reader.ReadAsync().Limited();
        return ((ConnectionEnd)values["End"]!, (string)values["UserName"]!, (string?)values["Detail"]);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
        var values = ((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary(pair => pair.Key, pair => pair.Value);
        if (eventId.Id == Listening && values.TryGetValue("Address", out object? address))
        {
            _address.TrySetResult((IPEndPoint)address!);
        }
        if (eventId.Id == Ended && values.ContainsKey("End"))
        {
            _ended.Writer.TryWrite(values);
        }
    }
}

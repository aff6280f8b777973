using System.Diagnostics.Metrics;
using SshGateway.Exec.ApiServer;
using SshGateway.Hosting.Metrics;

namespace SshGateway.Exec.Requests;

/// <summary>What sessions ask for, and what became of it.</summary>
internal sealed class RequestMetrics : IDisposable
{
    public const string MeterName = "SshGateway.Exec.Requests";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _processes;
    private readonly Counter<long> _forwards;
    private readonly Counter<long> _failures;

    public RequestMetrics()
    {
        _processes = _meter.CreateCounter<long>("sshgateway.exec.processes", description: "Processes that sessions asked for, by kind and how it ended");
        _forwards = _meter.CreateCounter<long>("sshgateway.exec.forwards", description: "Connections to ports of pods, by how they ended");
        _failures = _meter.CreateCounter<long>("sshgateway.exec.api_failures", description: "Requests that the API server, or what is behind it, did not fulfil, by why");
        foreach (string kind in Kinds)
        {
            foreach (string outcome in Outcomes)
            {
                _processes.Add(0, new("kind", kind), new KeyValuePair<string, object?>("outcome", outcome));
            }
        }
        _forwards.StartAtZero("outcome", Outcomes);
        _failures.StartAtZero("failure", Enum.GetNames<ApiServerFailure>());
    }

    /// <summary>The values of the label <c>kind</c>.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["shell", "exec", "sftp"];

    /// <summary>The values of the label <c>outcome</c>.</summary>
    public static IReadOnlyList<string> Outcomes { get; } = [nameof(RequestOutcome.Ended), nameof(RequestOutcome.Closed), nameof(RequestOutcome.Failed)];

    public void ProcessEnded(ProcessKind kind, RequestOutcome outcome) =>
        _processes.Add(1, new("kind", Kinds[(int)kind]), new KeyValuePair<string, object?>("outcome", Outcomes[(int)outcome]));

    public void ForwardEnded(RequestOutcome outcome) => _forwards.Add(1, new KeyValuePair<string, object?>("outcome", Outcomes[(int)outcome]));

    public void ApiFailed(ApiServerFailure failure) => _failures.Add(1, new KeyValuePair<string, object?>("failure", failure.ToString()));

    public void Dispose() => _meter.Dispose();
}

/// <summary>How a process, or a connection to a port, ended.</summary>
internal enum RequestOutcome
{
    /// <summary>By itself.</summary>
    Ended,

    /// <summary>The client closed the channel or left.</summary>
    Closed,

    /// <summary>The API server or the container's runtime did not do it, or the stream was lost.</summary>
    Failed,
}

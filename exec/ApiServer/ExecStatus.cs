using System.Globalization;
using System.Text.Json;

namespace SshGateway.Exec.ApiServer;

/// <summary>The <c>Status</c> object on the error channel, which says how the command ended.</summary>
internal sealed class ExecStatus
{
    // It has one sentence. A runtime's error message can be long, but not this long.
    private const int MaxBytes = 64 * 1024;

    // k8s.io/apimachinery, pkg/util/remotecommand/constants.go.
    private const string NonZeroExitCode = "NonZeroExitCode";
    private const string ExitCodeCause = "ExitCode";

    // k8s.io/kubelet, pkg/cri/streaming/remotecommand/exec.go.
    private const string NotRun = "error executing command in container: ";

    // kubelet, pkg/kubelet/kubelet_pods.go.
    private const string NotFound = "container not found";

    private byte[] _bytes = new byte[1024];
    private int _count;
    private StatusObject? _status;

    public bool IsComplete => _status is not null;

    /// <summary>Reads a message of the channel.</summary>
    /// <exception cref="ApiServerException">It is too long, or the stream is lost.</exception>
    public async ValueTask ReadAsync(ChannelSocket socket, CancellationToken cancellationToken)
    {
        int read;
        do
        {
            if (_count == _bytes.Length)
            {
                Array.Resize(ref _bytes, _count < MaxBytes ? _count * 2 : throw StreamFailure.Malformed());
            }
            read = await socket.ReadAsync(_bytes.AsMemory(_count), cancellationToken);
            _count += read;
        }
        while (read > 0);
        _status ??= Parse(_bytes.AsSpan(0, _count));
    }

    /// <summary>Never exit status 0 unless the status says Success.</summary>
    public ExecRead ToEnd() => _status switch
    {
        { Status: "Success" } => new ExecRead(ExecReadKind.Exited),
        { Status: "Failure", Reason: NonZeroExitCode } when FindExitCode() is { } code => new ExecRead(ExecReadKind.Exited, ExitStatus: code),
        _ => new ExecRead(ExecReadKind.Failed, Failure: Explain(StreamFailure.Text(_status?.Message))),
    };

    // With v5, the API server opens the WebSocket before it connects to kubelet, and tells here why it cannot.
    private static ApiServerException Explain(string message)
    {
        if (message.Length == 0)
        {
            return new(ApiServerFailure.Failed, "The command could not be run in the container, and the node does not say why.");
        }
        int at = message.IndexOf(NotRun, StringComparison.Ordinal);
        if (at >= 0)
        {
            return new(ApiServerFailure.Failed, $"The command could not be run in the container: {message[(at + NotRun.Length)..]}");
        }
        return message.Contains(NotFound, StringComparison.Ordinal)
            ? new(ApiServerFailure.NoContainer, $"The container does not run: {message}")
            : new(ApiServerFailure.Unavailable, $"{StreamFailure.Unreachable}: {message}");
    }

    private int? FindExitCode() =>
        int.TryParse(_status?.Details?.Causes?.FirstOrDefault(cause => cause?.Reason == ExitCodeCause)?.Message, NumberStyles.None, CultureInfo.InvariantCulture, out int code)
        && code > 0 ? code : null;

    // Null as long as it is not complete: the server may write it in several messages.
    private static StatusObject? Parse(ReadOnlySpan<byte> json)
    {
        if (!json.TrimEnd("\r\n "u8).EndsWith("}"u8))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(json, KubernetesJson.Default.StatusObject);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

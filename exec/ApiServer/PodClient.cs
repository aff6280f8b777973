using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using SshGateway.Kubernetes.ApiServer;

namespace SshGateway.Exec.ApiServer;

/// <summary>Opens streams to containers. One per process.</summary>
internal sealed class PodClient : IDisposable
{
    /// <summary>The longest path and query that is sent; the API server's limit for a whole head is 1 MiB.</summary>
    private const int MaxTarget = 256 * 1024;

    // For everything until a stream is open.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);

    // Load balancers close silent connections after a minute or more. A pong that nobody asked for (RFC 6455 section
    // 5.5.3) is enough for them. A ping with a time limit for its answer would end good streams: kubelet reads, and
    // answers, nothing as long as the command does not read its input.
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;
    private readonly HttpMessageInvoker _upgrades;
    private readonly Uri _sockets;
    private readonly TimeProvider _time;

    public PodClient(ApiServerAccess access, TimeProvider time)
    {
        _http = ApiConnection.Open(access);
        _upgrades = new HttpMessageInvoker(new UpgradeHandler(_http));
        _sockets = new UriBuilder(access.Server) { Scheme = access.Server.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs }.Uri;
        _time = time;
    }

    /// <summary>
    /// Starts a command. Gets the pod first, because exec itself cannot name a UID.
    /// </summary>
    /// <exception cref="ApiServerException">It cannot be started, or not within 10 seconds.</exception>
    public async Task<ExecStream> ExecAsync(PodTarget pod, ExecRequest request, CancellationToken cancellationToken)
    {
        var query = new StringBuilder("exec?stdout=true");
        query.Append(request.Tty ? "&tty=true" : "&stderr=true");
        query.Append(request.Stdin ? "&stdin=true" : "");
        query.Append(request.Container.Length > 0 ? $"&container={Uri.EscapeDataString(request.Container)}" : "");
        foreach (string argument in request.Command)
        {
            query.Append("&command=").Append(Uri.EscapeDataString(argument));
        }
        if (query.Length > MaxTarget)
        {
            throw new ApiServerException(
                ApiServerFailure.Invalid, $"The command is too long for the API server. It can have about {MaxTarget / 1024} KiB; send the rest as its input.");
        }
        // All that v5 adds is the end of the input, and a terminal's input does not end. v4 goes to kubelet unchanged,
        // and so shows a loss (ContainerCommand says more).
        string[] protocols = request.Tty ? [ExecStream.ProtocolV4] : [ExecStream.ProtocolV5, ExecStream.ProtocolV4];
        ClientWebSocket socket = await OpenAsync(pod, request.Container, query.ToString(), protocols, cancellationToken);
        return new ExecStream(new ChannelSocket(socket, _time), _time);
    }

    /// <summary>
    /// Connects to a port of a pod. Kubelet connects afterwards: that nothing listens is only known when reading.
    /// </summary>
    /// <exception cref="ApiServerException">It cannot be started, or not within 10 seconds.</exception>
    public async Task<PortForwardStream> PortForwardAsync(PodTarget pod, int port, CancellationToken cancellationToken)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"portforward?ports={port}");
        ClientWebSocket socket = await OpenAsync(pod, "", query, [ExecStream.ProtocolV4], cancellationToken);
        return new PortForwardStream(new ChannelSocket(socket, _time), port);
    }

    public void Dispose()
    {
        _upgrades.Dispose();
        _http.Dispose();
    }

    private async Task<ClientWebSocket> OpenAsync(
        PodTarget pod, string container, string query, string[] protocols, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(StartTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        string path = $"api/v1/namespaces/{Uri.EscapeDataString(pod.Namespace)}/pods/{Uri.EscapeDataString(pod.Name)}";
        try
        {
            await CheckPodAsync(path, pod, container, either.Token);
            return await ConnectAsync($"{path}/{query}", protocols, either.Token);
        }
        catch (Exception exception) when (exception is not ApiServerException && !cancellationToken.IsCancellationRequested)
        {
            throw Explain(exception, timeout.IsCancellationRequested);
        }
    }

    private async Task CheckPodAsync(string path, PodTarget pod, string container, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative))
        {
            Version = _http.DefaultRequestVersion,
            VersionPolicy = _http.DefaultVersionPolicy,
        };
        request.Headers.Accept.ParseAdd("application/json");
        using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw await ApiAnswer.ReadRefusalAsync(response, cancellationToken);
        }
        byte[] json = await ApiAnswer.ReadAsync(response.Content, cancellationToken);
        PodRules.Check(JsonSerializer.Deserialize(json, KubernetesJson.Default.PodObject), pod, container);
    }

    private async Task<ClientWebSocket> ConnectAsync(string target, string[] protocols, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.HttpVersion = HttpVersion.Version11;
            socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
            socket.Options.KeepAliveInterval = KeepAliveInterval;
            foreach (string protocol in protocols)
            {
                socket.Options.AddSubProtocol(protocol);
            }
            await socket.ConnectAsync(new Uri(_sockets, target), _upgrades, cancellationToken);
            return socket.SubProtocol is not null ? socket
                : throw new ApiServerException(ApiServerFailure.TooOld, "The cluster's API server is too old: it does not speak the protocol v4.channel.k8s.io.");
        }
        catch (WebSocketException exception) when (exception.InnerException is ApiServerException refusal)
        {
            // UpgradeHandler threw it.
            socket.Dispose();
            throw refusal;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ApiServerException Explain(Exception exception, bool isTimeout) => isTimeout
        ? new(ApiServerFailure.Unavailable, $"The cluster's API server did not answer within {StartTimeout.TotalSeconds} seconds. Try again.", exception)
        : exception is JsonException
        ? new(ApiServerFailure.Unavailable, "The cluster's API server sent an answer that is not a pod.", exception)
        : new(ApiServerFailure.Unavailable, "The cluster's API server cannot be reached. Try again.", exception);

    /// <summary>
    /// Sends the request of a WebSocket on the same connections and with the same credentials as others. It reads why a
    /// server refuses: ClientWebSocket only knows the status code.
    /// </summary>
    private sealed class UpgradeHandler(HttpClient http) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                return response;
            }
            using (response)
            {
                throw await ApiAnswer.ReadRefusalAsync(response, cancellationToken);
            }
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Tests.Support.Kubernetes;

namespace SshGateway.Tests.Support.ExecApi;

/// <summary>
/// Stands in for an API server of 1.30 or newer and a kubelet, because nothing that CI can install has v5 of remote
/// commands. It speaks v5 and v4 of remote commands and v4 of port forwarding over real WebSockets, with TLS and a
/// token, and runs real processes of this machine in place of containers. A lost node, and the end of a terminal's
/// input, are as was seen with k8s.io/apiserver's translation of v5 before containerd 1.6. The tests of the real
/// cluster use the real API server and kubelet 1.20, which speak v4.
/// </summary>
internal sealed class StandInApiServer : IAsyncDisposable
{
    private const string Token = "relay-token";
    private const string Name = "api.example";
    private const int MinThreads = 64;

    private readonly ConcurrentDictionary<string, JsonObject> _pods = new();
    private readonly ConcurrentDictionary<HttpContext, RemoteCommand?> _streams = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateAuthority _authority = new();
    private readonly WebApplication _app;
    private ListenOptions? _listener;

    private StandInApiServer() => _app = Build();

    /// <summary>How the relay reaches it.</summary>
    public ApiServerAccess Access => KubeconfigReader.Read(Kubeconfig, TimeProvider.System);

    /// <summary>The same, as a file for another process.</summary>
    public string Kubeconfig => _directory.File("kubeconfig");

    /// <summary>As servers before 1.30: without v5.</summary>
    public bool OnlyV4 { get; set; }

    /// <summary>Sends each message in several frames.</summary>
    public bool Fragments { get; set; }

    /// <summary>What exec and portforward are answered instead; null: they work.</summary>
    public (HttpStatusCode Code, string Reason, string Message)? Refusal { get; set; }

    /// <summary>Does not answer at all.</summary>
    public bool IsMute { get; set; }

    /// <summary>How many streams are open.</summary>
    public int Streams => _streams.Count;

    /// <summary>The subprotocol and query of each stream, in the order in which they began.</summary>
    public ConcurrentQueue<(string? Protocol, string Query)> Requests { get; } = new();

    public static async Task<StandInApiServer> StartAsync()
    {
        // Reading a process's pipe or a terminal occupies a thread. The pool adds others slowly.
        ThreadPool.GetMinThreads(out int workers, out int completionPorts);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), completionPorts);
        var server = new StandInApiServer();
        await server._app.StartAsync();
        server.WriteKubeconfig();
        return server;
    }

    /// <param name="containers">Names; none: <c>main</c>.</param>
    public void AddPod(string ofNamespace, string name, string uid, params string[] containers) => _pods[$"{ofNamespace}/{name}"] = new JsonObject
    {
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["namespace"] = ofNamespace, ["name"] = name, ["uid"] = uid },
        ["spec"] = new JsonObject
        {
            ["containers"] = new JsonArray([.. (containers.Length == 0 ? ["main"] : containers).Select(c => new JsonObject { ["name"] = c })]),
        },
        ["status"] = new JsonObject { ["phase"] = "Running" },
    };

    public void SetPhase(string ofNamespace, string name, string phase) => _pods[$"{ofNamespace}/{name}"]["status"]!["phase"] = phase;

    public void RemovePod(string ofNamespace, string name) => _pods.TryRemove($"{ofNamespace}/{name}", out _);

    /// <summary>Cuts all streams in the middle, as an API server that dies.</summary>
    public void DropStreams()
    {
        foreach (HttpContext context in _streams.Keys)
        {
            try
            {
                context.Abort();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended.
            }
        }
    }

    /// <summary>The connections to the node break, with the commands running.</summary>
    public void LoseNode()
    {
        foreach (RemoteCommand? command in _streams.Values)
        {
            command?.LoseNode();
        }
    }

    public async ValueTask DisposeAsync()
    {
        DropStreams();
        await _app.DisposeAsync();
        _authority.Dispose();
        _directory.Dispose();
    }

    private WebApplication Build()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        (string certificate, string key) = _authority.IssueServer(Name);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestLineSize = 1024 * 1024;
            kestrel.Limits.MaxRequestBufferSize = 2 * 1024 * 1024;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listener =>
            {
                listener.Protocols = HttpProtocols.Http1AndHttp2;
                listener.UseHttps(X509Certificate2.CreateFromPem(certificate, key));
                _listener = listener;
            });
        });
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(AnswerAsync);
        return app;
    }

    private void WriteKubeconfig()
    {
        _directory.Write("ca.pem", _authority.Pem);
        _directory.Write("kubeconfig", $$"""
            apiVersion: v1
            kind: Config
            current-context: tests
            contexts:
            - name: tests
              context: {cluster: tests, user: tests}
            clusters:
            - name: tests
              cluster:
                server: https://127.0.0.1:{{_listener!.IPEndPoint!.Port}}
                tls-server-name: {{Name}}
                certificate-authority: ca.pem
            users:
            - name: tests
              user:
                token: {{Token}}
            """);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (IsMute)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        if (context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            await RefuseAsync(context, HttpStatusCode.Unauthorized, "Unauthorized", "Unauthorized");
            return;
        }
        // /api/v1/namespaces/{namespace}/pods/{name}[/{verb}]
        string[] path = context.Request.Path.Value!.Split('/');
        if (path is not ["", "api", "v1", "namespaces", var ofNamespace, "pods", var name, .. var rest] || !_pods.TryGetValue($"{ofNamespace}/{name}", out JsonObject? pod))
        {
            await RefuseAsync(context, HttpStatusCode.NotFound, "NotFound", $"pods \"{path[^1]}\" not found");
            return;
        }
        if (rest is [])
        {
            await context.Response.WriteAsync(pod.ToJsonString(), context.RequestAborted);
            return;
        }
        if (Refusal is { } refusal)
        {
            await RefuseAsync(context, refusal.Code, refusal.Reason, refusal.Message);
            return;
        }
        await StreamAsync(context, rest[0]);
    }

    private async Task StreamAsync(HttpContext context, string verb)
    {
        IQueryCollection query = context.Request.Query;
        string? protocol = ((string[])["v5.channel.k8s.io", "v4.channel.k8s.io"])
            .FirstOrDefault(p => context.WebSockets.WebSocketRequestedProtocols.Contains(p) && (!OnlyV4 || p.StartsWith("v4", StringComparison.Ordinal)));
        Requests.Enqueue((protocol, context.Request.QueryString.Value!));
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(protocol);
        using var connection = new ChannelConnection(socket, Fragments);
        RemoteCommand? command = verb != "exec" ? null : new RemoteCommand(
            connection, [.. query["command"].OfType<string>()], query["tty"] == "true", query["stdin"] == "true", query["stderr"] == "true", protocol == "v5.channel.k8s.io");
        _streams[context] = command;
        try
        {
            await (command is not null
                ? command.RunAsync(context.RequestAborted)
                : new PortForward(connection, ushort.Parse(query["ports"]!, CultureInfo.InvariantCulture)).RunAsync(context.RequestAborted));
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or IOException)
        {
            // The client has closed.
        }
        finally
        {
            _streams.TryRemove(context, out _);
        }
    }

    private static Task RefuseAsync(HttpContext context, HttpStatusCode code, string reason, string message)
    {
        context.Response.StatusCode = (int)code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(RemoteCommand.Failure(message, reason, (int)code).ToJsonString(), context.RequestAborted);
    }
}

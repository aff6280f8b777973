using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SshGateway.Feed;
using SshGateway.Operator.Feed.Authentication;
using SshGateway.Operator.Publishing;
using SshGateway.Operator.Table;
using SshGateway.Operator.Usage;

namespace SshGateway.Operator.TarsApi;

/// <summary>
/// <c>GET /internal/sessions/{id}/pod</c> and <c>…/ssh-key</c>, as TARS has them, answered from the table; a person's
/// sessions; and who is connected. Who may not ask learns nothing: not which sessions there are, and not which paths.
/// </summary>
internal sealed class TarsEndpoints(
    EndpointTable table, SessionOwners owners, UsageTable usage, ConnectionClosing closing, CallerAuthentication callers, TimeProvider time)
{
    private const string Paths =
        "there are /internal/sessions?user={owner}, /internal/sessions/{id}/pod, /internal/sessions/{id}/ssh-key, "
        + "/internal/sessions/{id}/connections and /internal/sessions/{id}/connections/{connection}";

    // RFC 6750 section 3: the error is only named to who has sent a token.
    private const string Challenge = "Bearer realm=\"ssh-gateway\"";
    private const string RefusedChallenge = $"{Challenge}, error=\"invalid_token\"";

    private const string NoSession = "there is no such session";

    private const string SecondsUntilServer = "5";
    private const string SecondsUntilTable = "1";

    public Task HandleAsync(HttpContext context) => AdmitAsync(context, AnswerAsync);

    /// <summary>Has a request answered if its caller may ask, and otherwise says why not.</summary>
    public async Task AdmitAsync(HttpContext context, RequestDelegate answer)
    {
        context.Response.Headers.CacheControl = "no-store";
        switch (await callers.JudgeAsync(context))
        {
            case CallerVerdict.Allowed:
                await answer(context);
                break;
            case CallerVerdict.NoToken:
                context.Response.Headers.WWWAuthenticate = Challenge;
                await FailAsync(context, StatusCodes.Status401Unauthorized, $"send a ServiceAccount's token for the audience {TokenVerifier.Audience}: Authorization: Bearer <token>");
                break;
            case CallerVerdict.BadToken:
                context.Response.Headers.WWWAuthenticate = RefusedChallenge;
                await FailAsync(context, StatusCodes.Status401Unauthorized, $"the API server does not know this token, or it has expired, or it is not for the audience {TokenVerifier.Audience}");
                break;
            case CallerVerdict.Forbidden:
                await FailAsync(context, StatusCodes.Status403Forbidden, "this ServiceAccount may not ask; Operator:InternalCallers lists who may");
                break;
            case CallerVerdict.NobodyAllowed:
                await FailAsync(context, StatusCodes.Status403Forbidden, "nobody may ask; list the ServiceAccounts that may in Operator:InternalCallers");
                break;
            case CallerVerdict.NoServer:
                await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "there is no API server to ask whose a token is; these answers need Operator:Source=Kubernetes");
                break;
            default:
                context.Response.Headers.RetryAfter = SecondsUntilServer;
                await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the API server cannot be asked now whose the token is");
                break;
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string[] path = context.Request.Path.Value!.Split('/');
        (string Method, Func<Task> Answer)? found = path switch
        {
            ["", "internal", "sessions"] => (HttpMethods.Get, () => ListAsync(context)),
            ["", "internal", "sessions", { Length: > 0 } id, "pod" or "ssh-key"] => (HttpMethods.Get, () => DescribeAsync(context, id, path[^1])),
            ["", "internal", "sessions", { Length: > 0 } id, "connections"] => (HttpMethods.Get, () => ListConnectionsAsync(context, id)),
            ["", "internal", "sessions", { Length: > 0 } id, "connections", { Length: > 0 } connection] =>
                (HttpMethods.Delete, () => CloseAsync(context, id, connection)),
            _ => null,
        };
        if (found is not { } known)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, Paths);
        }
        else if (context.Request.Method != known.Method)
        {
            context.Response.Headers.Allow = known.Method;
            await FailAsync(context, StatusCodes.Status405MethodNotAllowed, $"use {known.Method}");
        }
        else if (!table.IsFilled)
        {
            context.Response.Headers.RetryAfter = SecondsUntilTable;
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the sessions and pods have not all been read yet");
        }
        else
        {
            await known.Answer();
        }
    }

    private Task ListAsync(HttpContext context)
    {
        if (context.Request.Query["user"] is not [{ Length: > 0 } user])
        {
            return FailAsync(context, StatusCodes.Status400BadRequest, "say whose sessions: /internal/sessions?user={owner}, as spec.owner.user has it");
        }
        DateTimeOffset now = time.GetUtcNow();
        OwnedSessionAnswer[] sessions =
        [
            .. owners.Find(user).Select(table.Find).OfType<TableEntry>()
                .Select(entry => OwnedSessionAnswer.From(Entry.Parser.ParseFrom(entry.Wire.Span), usage.Find(entry.SessionId)?.Connections, now)),
        ];
        return WriteAsync(context, new OwnedSessionsAnswer(user, sessions), TarsJson.Default.OwnedSessionsAnswer);
    }

    private Task DescribeAsync(HttpContext context, string sessionId, string what)
    {
        if (table.Find(sessionId) is not { } found)
        {
            return FailAsync(context, StatusCodes.Status404NotFound, NoSession);
        }
        Entry entry = Entry.Parser.ParseFrom(found.Wire.Span);
        return what == "pod"
            ? WriteAsync(context, PodAnswer.From(entry, time.GetUtcNow()), TarsJson.Default.PodAnswer)
            : WriteAsync(context, KeysAnswer.From(entry), TarsJson.Default.KeysAnswer);
    }

    private Task ListConnectionsAsync(HttpContext context, string sessionId)
    {
        // The connections of a session that is gone live on.
        IReadOnlyList<LiveConnection> connections = usage.Connections.Find(sessionId);
        return connections.Count == 0 && table.Find(sessionId) is null
            ? FailAsync(context, StatusCodes.Status404NotFound, NoSession)
            : WriteAsync(context, ConnectionsAnswer.From(sessionId, connections, usage), TarsJson.Default.ConnectionsAnswer);
    }

    private async Task CloseAsync(HttpContext context, string sessionId, string id)
    {
        if (usage.Connections.Find(sessionId, id) is not { } connection)
        {
            await FailAsync(context, StatusCodes.Status404NotFound, "there is no such connection; it may have ended");
            return;
        }
        switch (await closing.RunAsync(connection, context))
        {
            case CloseResult.Closed:
                await WriteAsync(context, new ClosedAnswer(true), TarsJson.Default.ClosedAnswer);
                break;
            case CloseResult.Unconfirmed:
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                await WriteAsync(context, new ClosedAnswer(false), TarsJson.Default.ClosedAnswer);
                break;
            default:
                context.Response.Headers.RetryAfter = SecondsUntilServer;
                await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the proxy cannot be reached now; list the connections again");
                break;
        }
    }

    private static Task FailAsync(HttpContext context, int status, string sentence)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new ErrorAnswer(sentence), TarsJson.Default.ErrorAnswer);
    }

    private static Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> type) =>
        context.Response.WriteAsJsonAsync(answer, type, contentType: null, context.RequestAborted);
}

/// <summary>Why there is no answer.</summary>
internal sealed record ErrorAnswer(string Error);

/// <summary>Writes the answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(PodAnswer))]
[JsonSerializable(typeof(KeysAnswer))]
[JsonSerializable(typeof(OwnedSessionsAnswer))]
[JsonSerializable(typeof(ConnectionsAnswer))]
[JsonSerializable(typeof(ClosedAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
internal sealed partial class TarsJson : JsonSerializerContext;

using System.Globalization;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Logging;
using SshGateway.Exec.Hosting;
using SshGateway.Feed;
using SshGateway.Hosting.Logging;
using SshGateway.Hosting.Text;
using SshGateway.Operator.Model;
using SshGateway.Operator.Routing;
using SshGateway.Proxy.Sessions;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Sentences;

/// <summary>Every line that a component logs, by calling every generated method.</summary>
internal static class LogLines
{
    private const BindingFlags Any = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Assembly[] Programs =
        [typeof(LineWriter).Assembly, typeof(EntryHash).Assembly, typeof(RoutingFunction).Assembly, typeof(SessionTable).Assembly, typeof(ExecHost).Assembly];

    /// <returns>Each as "Class.Method, Level: text", in order.</returns>
    public static IEnumerable<string> Render()
    {
        foreach (MethodInfo method in Programs.SelectMany(program => program.GetTypes())
            .SelectMany(type => type.GetMethods(Any))
            .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null)
            .OrderBy(method => Name(method), StringComparer.Ordinal))
        {
            Assert.True(method.IsStatic, $"{Name(method)} is not static");
            string[] lines = [.. Enumerable.Range(1, 2).Select(count => Call(method, count)).Distinct()];
            foreach (string line in lines)
            {
                yield return $"{Name(method)}, {line}";
            }
        }
    }

    private static string Name(MethodInfo method)
    {
        // A nested class Log says nothing; what it is nested in does.
        Type type = method.DeclaringType!;
        string owner = type.DeclaringType?.Name ?? type.Name;
        return $"{owner}.{method.Name}";
    }

    private static string Call(MethodInfo method, int count)
    {
        var recorder = new LogRecorder<Type>();
        method.Invoke(null, [.. method.GetParameters().Select(parameter => Sample(parameter, recorder, count))]);
        (LogLevel level, _, string text) = Assert.Single(recorder.Lines);
        return $"{level}: {text}";
    }

    private static object? Sample(ParameterInfo parameter, ILogger logger, int count)
    {
        Type type = parameter.ParameterType;
        return type switch
        {
            _ when type == typeof(ILogger) => logger,
            _ when type == typeof(string) => $"<{parameter.Name}>",
            _ when type == typeof(Quantity) => new Quantity(count, parameter.Name!.TrimEnd('s')),
            _ when type == typeof(IPEndPoint) || type == typeof(EndPoint) => new IPEndPoint(IPAddress.Parse("192.0.2.7"), 50222),
            _ when type == typeof(IPAddress) => IPAddress.Parse("192.0.2.7"),
            _ when type == typeof(DateTimeOffset) => new DateTimeOffset(2026, 11, 28, 14, 5, 0, TimeSpan.Zero),
            _ when type == typeof(DateTime) => new DateTime(2026, 11, 28, 14, 5, 0, DateTimeKind.Utc),
            _ when type == typeof(ObjectKey) => new ObjectKey("ClaudeSession", "sessions", "abc12"),
            _ when type == typeof(LogLevel) => LogLevel.Information,
            _ when typeof(Exception).IsAssignableFrom(type) => new InvalidOperationException("problem"),
            { IsEnum: true } => Enum.GetValues(type).GetValue(1),
            { IsPrimitive: true } => Convert.ChangeType(count, type, CultureInfo.InvariantCulture),
            _ => throw new NotSupportedException($"{Name((MethodInfo)parameter.Member)} has a parameter of type {type}"),
        };
    }
}

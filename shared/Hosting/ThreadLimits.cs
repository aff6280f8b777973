using System.Globalization;
using Microsoft.Extensions.Logging;

namespace SshGateway.Hosting;

/// <summary>
/// How many threads the process may have and needs. The runtime aborts the process, with every open session, when it
/// cannot make one. So its thread pool stays below what the machine allows, and below what docs/configuration.md says.
/// </summary>
internal static partial class ThreadLimits
{
    // The runtime's, the log's and those of sockets and signals: 18 were counted.
    private const int Own = 28;

    private const int MinPoolSize = 4;

    private const string ControlGroups = "/sys/fs/cgroup";

    /// <summary>With an event loop for each processor.</summary>
    private static int Needed => Own + Environment.ProcessorCount + PoolSize;

    private static int PoolSize => Math.Max(64, 2 * Environment.ProcessorCount);

    /// <summary>Keeps the thread pool within its bounds. Nothing in the gateway waits in it.</summary>
    public static void Bound()
    {
        int size = (int)Math.Clamp((Find() ?? int.MaxValue) - Own - Environment.ProcessorCount, MinPoolSize, PoolSize);
        ThreadPool.GetMinThreads(out int minWorkers, out int minPorts);
        // The least must not be more than the most.
        ThreadPool.SetMinThreads(Math.Min(size, minWorkers), minPorts);
        ThreadPool.GetMaxThreads(out _, out int ports);
        ThreadPool.SetMaxThreads(size, ports);
    }

    /// <summary>Says what does not suffice.</summary>
    public static void Report(ILogger logger)
    {
        if (Find() is { } limit && limit < Needed)
        {
            Log.FewThreads(logger, limit, Needed);
        }
    }

    // Of the process's control group or one that it is part of, and of its user. In a container, those of the pod and
    // the node are not to be seen.
    private static long? Find() => FindLimits().Min();

    private static IEnumerable<long?> FindLimits()
    {
        foreach (string line in Read("/proc/self/cgroup").Split('\n'))
        {
            // 0::/path, or with the first version of control groups 8:pids:/path.
            string[] parts = line.Split(':', 3);
            if (parts.Length == 3 && (parts[1].Length == 0 || parts[1] == "pids"))
            {
                string root = parts[1].Length == 0 ? ControlGroups : $"{ControlGroups}/pids";
                for (string path = parts[2].TrimEnd('/'); ; path = path[..path.LastIndexOf('/')])
                {
                    yield return Parse(Read($"{root}{path}/pids.max"));
                    if (path.Length == 0)
                    {
                        break;
                    }
                }
            }
        }
        if (!Environment.IsPrivilegedProcess)
        {
            const string Name = "Max processes";
            string? line = Read("/proc/self/limits").Split('\n').FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
            yield return Parse(line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
        }
    }

    // "max" and "unlimited" are no limit.
    private static long? Parse(string? text) => long.TryParse(text?.Trim(), CultureInfo.InvariantCulture, out long limit) ? limit : null;

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The process may have {Limit} threads (pids.max, RLIMIT_NPROC) and should have {Needed}. It works with a smaller thread pool. Raise the limit: the process ends when it cannot start a thread")]
        public static partial void FewThreads(ILogger logger, long limit, int needed);
    }
}

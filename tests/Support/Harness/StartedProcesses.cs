using System.Collections.Concurrent;
using System.Diagnostics;

namespace SshGateway.Tests.Support.Harness;

/// <summary>Every process that the tests start, so that an aborted run leaves none behind.</summary>
internal static class StartedProcesses
{
    private static readonly ConcurrentDictionary<int, Process> Running = Watch();

    public static Process Start(ProcessStartInfo start)
    {
        Process process = Process.Start(start)
            ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        Running[process.Id] = process;
        return process;
    }

    public static async Task EndAsync(Process process)
    {
        Kill(process);
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(10));
        await process.WaitForExitAsync(timeout.Token);
        Running.TryRemove(process.Id, out _);
    }

    private static ConcurrentDictionary<int, Process> Watch()
    {
        ConcurrentDictionary<int, Process> running = new();
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            foreach (Process process in running.Values)
            {
                Kill(process);
            }
        };
        return running;
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (InvalidOperationException)
        {
            // It ended by itself in between.
        }
    }
}

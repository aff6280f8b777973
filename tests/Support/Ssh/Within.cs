namespace SshGateway.Tests.Support.Ssh;

/// <summary>
/// A deadline that only a failure meets, so that a deadlock is a red test and not a run that never ends.
/// </summary>
internal static class Within
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task Limited(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Limited<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task<T> Limited<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    public static Task Limited(this ValueTask task) => task.AsTask().WaitAsync(Limit);
}

using System.Runtime.CompilerServices;

namespace DevicePlugin.Tests;

/// <summary>Every await that could hang ends with <c>.DefaultTimeout()</c>, so that a test fails where it hung.</summary>
internal static class TaskTimeout
{
    // Generous: the machines are shared, and a passing test never waits for it.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task DefaultTimeout(
        this Task task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Nothing came within {Limit.TotalSeconds:0} s at {file}:{line}.");
        }
    }

    public static async Task<T> DefaultTimeout<T>(
        this Task<T> task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        await ((Task)task).DefaultTimeout(file, line);
        return await task;
    }

    public static Task<T> DefaultTimeout<T>(
        this ValueTask<T> task, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        task.AsTask().DefaultTimeout(file, line);
}

using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.GoPlugin;

internal static class Eventually
{
    /// <summary>For what the server does without telling anybody: looks again until it is so.</summary>
    public static Task BecomesTrue(Func<bool> condition) => PollAsync(condition).DefaultTimeout();

    private static async Task PollAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }
}

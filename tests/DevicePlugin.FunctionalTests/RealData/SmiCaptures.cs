using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>The recorded outputs of nvidia-smi, see the fixtures' README.</summary>
internal static class SmiCaptures
{
    public static string PathOf(string capture) => Path.Combine(
        Repository.Root, "tests", "DevicePlugin.FunctionalTests", "RealData", "Fixtures", $"qx-{capture}.xml");
}

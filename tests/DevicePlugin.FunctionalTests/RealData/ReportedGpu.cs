using System.Text.Json;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>What the plugin says of one GPU.</summary>
internal sealed record ReportedGpu(
    NodeOutput Report, string Uuid, JsonElement Group, JsonElement Device, JsonElement Statistics);

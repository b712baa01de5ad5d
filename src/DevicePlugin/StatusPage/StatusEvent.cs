namespace DevicePlugin.StatusPage;

/// <summary>Something that happened, for people.</summary>
/// <param name="Kind">A word the page knows: <c>xid</c>, <c>ill</c>, <c>well</c>, <c>driver</c>, <c>reserved</c>.</param>
/// <param name="Gpu">UUID of the physical GPU; null where it is the node's.</param>
internal sealed record StatusEvent(DateTimeOffset Time, string Kind, string? Gpu, string Text);

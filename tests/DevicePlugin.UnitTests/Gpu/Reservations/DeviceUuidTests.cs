using DevicePlugin.Gpu.Reservations;

namespace DevicePlugin.UnitTests.Gpu.Reservations;

internal sealed class DeviceUuidTests
{
    [TestCase("GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", true, true)]
    [TestCase("MIG-1f2a3b4c-0000-5555-8888-abcdefABCDEF", true, true)]
    [TestCase("MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/13/0", false, true)]
    [TestCase("MIG-GPU-8932f937-d72c-4106-c12f-20bd9faed9f6/13", false, false)]
    [TestCase("MIG-GPU-8932f937/13/0/0", false, false)]
    [TestCase("MIG-GPU-8932f937/../0", false, false)]
    [TestCase("MIG-GPU-8932f937/1/", false, false)]
    [TestCase("MIG-GPU-8932f937/12345/0", false, false)]
    [TestCase("GPU-8932f937/1/0", false, false)]
    [TestCase("GPU-", false, false)]
    [TestCase("", false, false)]
    [TestCase("..", false, false)]
    [TestCase("GPU-..", false, false)]
    [TestCase("GPU-../../etc/shadow", false, false)]
    [TestCase("GPU-8932f937\n", false, false)]
    [TestCase("GPU-8932f937\0", false, false)]
    [TestCase("GPU-${env}", false, false)]
    [TestCase("GPU-٣", false, false)]
    [TestCase("gpu-8932f937", false, false)]
    [TestCase("/GPU-8932f937", false, false)]
    public void Uuid_BeforeItIsPartOfAPath_IsHeldToItsPattern(string uuid, bool isComponent, bool isRelativePath)
    {
        Assert.That(DeviceUuid.IsPathComponent(uuid), Is.EqualTo(isComponent));
        Assert.That(DeviceUuid.IsRelativePath(uuid), Is.EqualTo(isRelativePath));
    }
}

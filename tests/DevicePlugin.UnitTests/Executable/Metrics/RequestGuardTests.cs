using DevicePlugin.Metrics;
using DevicePlugin.Nomad.Configuration;
using Microsoft.AspNetCore.Http;

namespace DevicePlugin.UnitTests.Executable.Metrics;

internal sealed class RequestGuardTests
{
    [TestCase("127.0.0.1:9400")]
    [TestCase("localhost")]
    [TestCase("LOCALHOST:80")]
    [TestCase("[::1]:9400")]
    [TestCase("127.0.0.2")]
    public void Refusal_OfLoopbackByItsName_IsNone(string host)
    {
        Assert.That(Ask(host, "GET", isLoopback: true), Is.Null);
    }

    [TestCase("evil.example")]
    [TestCase("127.0.0.1.evil.example:9400")]
    [TestCase("10.0.0.1")]
    [TestCase("")]
    public void Refusal_OfLoopbackByAnotherName_IsMisdirected(string host)
    {
        Assert.That(Ask(host, "GET", isLoopback: true), Is.EqualTo(StatusCodes.Status421MisdirectedRequest));
    }

    [Test]
    public void Refusal_OfAnOpenAddress_AsksForNoName()
    {
        Assert.That(Ask("gpu-node.example", "HEAD", isLoopback: false), Is.Null);
    }

    [TestCase("POST")]
    [TestCase("PUT")]
    [TestCase("DELETE")]
    [TestCase("OPTIONS")]
    [TestCase("FOO")]
    public void Refusal_OfAnotherMethod_IsNotAllowed(string method)
    {
        Assert.That(Ask("localhost", method, isLoopback: true), Is.EqualTo(StatusCodes.Status405MethodNotAllowed));
    }

    private static int? Ask(string host, string method, bool isLoopback)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        request.Host = new HostString(host);
        return new RequestGuard(new HostPort("127.0.0.1", 9400), isLoopback).Refusal(request)?.Status;
    }
}

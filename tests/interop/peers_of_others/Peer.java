// Java's JSSE as a server with demands: Peer KEYSTORE PASSWORD [demand] [VERSION...]. Answers one HTTP request for each
// connection. Prints "listening on 127.0.0.1:PORT".
import java.io.FileInputStream;
import java.net.InetAddress;
import java.security.KeyStore;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public class Peer {
  public static void main(String[] words) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(new FileInputStream(words[0]), words[1].toCharArray());
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, words[1].toCharArray());
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init((KeyStore) null);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    SSLServerSocket listener = (SSLServerSocket)
        context.getServerSocketFactory().createServerSocket(0, 8, InetAddress.getByName("127.0.0.1"));
    boolean demand = Arrays.asList(words).contains("demand");
    listener.setNeedClientAuth(demand);
    String[] versions = Arrays.stream(words).filter(word -> word.startsWith("TLSv")).toArray(String[]::new);
    if (versions.length != 0) listener.setEnabledProtocols(versions);
    System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
    while (true) {
      try (SSLSocket socket = (SSLSocket) listener.accept()) {
        byte[] request = new byte[4096];
        socket.getInputStream().read(request);
        socket.getOutputStream().write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello".getBytes());
      } catch (java.io.IOException refused) {
        System.err.println(refused);
      }
    }
  }
}

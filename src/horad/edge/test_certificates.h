// SPDX-License-Identifier: Apache-2.0
// For tests: a certificate authority of its own and a certificate for `localhost` under it, made by openssl.
#pragma once

#include <cstdlib>
#include <string>

#include "horad/edge/test_directory.h"

namespace horad::edge {

class TestCertificates {
 public:
  TestCertificates() {
    directory_.write("names", "subjectAltName=DNS:localhost\n");
    const auto in = [&](const std::string& arguments) {
      return "cd " + directory_.path() + " && openssl " + arguments + " 2>/dev/null";
    };
    const auto key = std::string{"-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "};
    made_ = run(in("req -x509 " + key + "-keyout ca.key -out ca.pem -subj /CN=horad-test -days 2")) &&
            run(in("req " + key + "-keyout server.key -out server.csr -subj /CN=localhost")) &&
            run(in("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 "
                   "-extfile names"));
    if (made_) run("chmod a+r " + directory_.path() + "/* && chmod a+rx " + directory_.path());
  }

  bool made() const { return made_; }
  std::string authority() const { return directory_ / "ca.pem"; }
  std::string server() const { return directory_ / "server.pem"; }
  std::string server_key() const { return directory_ / "server.key"; }

 private:
  static bool run(const std::string& command) {
    return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c): for tests
  }

  TestDirectory directory_;
  bool made_ = false;
};

}  // namespace horad::edge

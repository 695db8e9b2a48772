// NPM_TOKEN has to be set to install the packages
require("http").createServer().listen(process.env.PORT);

require("dotenv").config()
